import { Errno } from "#bpf-vm/errno.ts";
import type { Btf } from "#formats/btf/btf.ts";
import type { CoreKind, CoreRelocation } from "#formats/btf/ext-types.ts";
import { resolve } from "#formats/btf/resolve.ts";
import { type Instruction, SLOT_SIZE } from "#isa/instruction.ts";
import { essentialName, matchAccess, parseAccess } from "./core-access.ts";
import { patch } from "./core-patch.ts";
import {
  type CoreValue,
  enumValue,
  fieldValue,
  isEnumKind,
  isFieldKind,
  isTypeKind,
  typeValue,
} from "./core-value.ts";
import { Refusal } from "./failure.ts";

/** The program's own types, and the kernel's. */
export type CoreTypes = { readonly local: Btf; readonly target: Btf };

/**
 * Applies CO-RE relocations as the kernel does at BPF_PROG_LOAD (`bpf_core_apply`): each changes one
 * instruction to fit the kernel's types; offsets are bytes from the first instruction. Types of the kernel are found by their exact name; flavours in the kernel's own BTF are not.
 *
 * @throws Refusal with the errno that the kernel gives
 */
export function relocate(
  instructions: readonly Instruction[],
  relocations: readonly CoreRelocation[],
  types: CoreTypes,
): readonly Instruction[] {
  const result = new Map(instructions.map((instruction) => [instruction.index, [instruction]]));
  for (const { offset, type, access, kind } of relocations) {
    const [instruction] = result.get(offset / SLOT_SIZE) ?? [];
    if (instruction === undefined) {
      throw new Refusal(Errno.EINVAL, `CO-RE: a relocation of byte ${offset}, where no instruction begins`);
    }
    result.set(instruction.index, [...changed(instruction, type, access, kind, types)]);
  }
  return [...result.values()].flat();
}

function changed(
  instruction: Instruction,
  type: number,
  access: string,
  kind: CoreKind,
  { local, target }: CoreTypes,
): readonly Instruction[] {
  const own = valueIn(local, type, access, kind);
  if (own === undefined) throw new Refusal(Errno.EINVAL, `CO-RE: kind ${kind} without a local value`);
  if (kind === "type-id-local") {
    return patch(instruction, {
      local: { btf: local, value: own },
      target: { btf: local, value: own },
    });
  }
  const values = candidates(local, type, target).flatMap((id) => {
    const found = valueFrom(id);
    return found === "absent" ? [] : [found];
  });
  const [first, ...others] = values;
  for (const other of others) {
    if (other?.value !== first?.value) throw new Refusal(Errno.EINVAL, "CO-RE: the kernel's types disagree");
  }
  const value = values.length > 0 ? first : absentValue(kind, target);
  return patch(instruction, {
    local: { btf: local, value: own },
    target: value && { btf: target, value },
  });

  /** In one of the kernel's types; `absent` where that has not what the program asks for. */
  function valueFrom(id: number): CoreValue | undefined | "absent" {
    if (isTypeKind(kind)) return typeValue(kind, target, id);
    if (isEnumKind(kind)) {
      const found = enumerator(target, id, enumeratorName(local, type, access));
      return found === undefined ? "absent" : enumValue(kind, found);
    }
    const match = matchAccess(parseAccess(local, type, access), target, id);
    return match === undefined ? "absent" : fieldValue(kind, match);
  }
}

function valueIn(btf: Btf, type: number, access: string, kind: CoreKind): CoreValue | undefined {
  if (kind === "type-id-local") return { value: BigInt(type), exact: false };
  if (isFieldKind(kind)) return fieldValue(kind, parseAccess(btf, type, access));
  if (isTypeKind(kind)) return typeValue(kind, btf, type);
  if (isEnumKind(kind)) {
    return enumValue(kind, enumerator(btf, type, enumeratorName(btf, type, access)));
  }
  throw new Refusal(Errno.EOPNOTSUPP, `CO-RE: kind ${kind}`);
}

function absentValue(kind: CoreKind, target: Btf): CoreValue | undefined {
  if (isTypeKind(kind)) return typeValue(kind, target, undefined);
  return isEnumKind(kind) ? enumValue(kind, undefined) : fieldValue(kind, undefined);
}

/** The kernel's types of the same kind and name. */
function candidates(local: Btf, type: number, target: Btf): readonly number[] {
  const name = essentialName(local.name(type));
  if (name === "") throw new Refusal(Errno.EOPNOTSUPP, "CO-RE: a type without a name");
  const kind = local.kind(type);
  return target.findAll(name, kind === "enum" || kind === "enum64" ? ["enum", "enum64"] : [kind]);
}

function enumeratorName(btf: Btf, type: number, access: string): string {
  const found = btf.type(resolve(btf, type));
  const value = found.kind === "enum" || found.kind === "enum64" ? found.values[Number(access)] : undefined;
  if (value === undefined) throw new Refusal(Errno.EINVAL, `CO-RE: enumerator ${access}`);
  return value.name;
}

function enumerator(btf: Btf, type: number, name: string): bigint | undefined {
  const found = btf.type(resolve(btf, type));
  if (found.kind !== "enum" && found.kind !== "enum64") return undefined;
  const match = found.values.find((value) => essentialName(value.name) === essentialName(name));
  return match && BigInt.asUintN(64, BigInt(match.value));
}
