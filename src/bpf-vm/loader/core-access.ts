import { Errno } from "#bpf-vm/errno.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { bitField, compositeOf } from "#formats/btf/members.ts";
import { resolve, sizeOf } from "#formats/btf/resolve.ts";
import type { Member } from "#formats/btf/types.ts";
import { Refusal } from "./failure.ts";

/**
 * One step of a field access as C writes it: a named member of a composite, or an element of an array
 * (the first step: of the pointer itself). `type` is the composite, or the element's type.
 */
export type AccessStep =
  | { readonly kind: "member"; readonly type: number; readonly index: number; readonly name: string }
  | { readonly kind: "element"; readonly type: number; readonly index: number };

/** A field access in one BTF. */
export type Access = {
  readonly btf: Btf;
  readonly root: number;
  readonly steps: readonly AccessStep[];
  /** From the root's start. */
  readonly bitOffset: number;
};

/**
 * Follows an access string such as `0:3:0` from `root`: the pointer's element, then a member's or an
 * element's number each. Source: `bpf_core_parse_spec` in `tools/lib/bpf/relo_core.c`.
 *
 * @throws Refusal (-EINVAL) for what fits no type
 */
export function parseAccess(btf: Btf, root: number, text: string): Access {
  const numbers = text.split(":").map(Number);
  if (!/^\d+(:\d+)*$/.test(text)) throw invalid(`access ${JSON.stringify(text)}`);
  const [first = 0, ...rest] = numbers;
  const size = sizeOf(btf, root);
  if (size === undefined) throw invalid(`type ${root} has no size`);
  const steps: AccessStep[] = [{ kind: "element", type: root, index: first }];
  let bitOffset = first * size * 8;
  let id = root;
  for (const index of rest) {
    id = resolve(btf, id);
    const type = btf.type(id);
    if (type.kind === "struct" || type.kind === "union") {
      const member = type.members[index];
      if (member === undefined) throw invalid(`${type.kind} ${type.name} has no member ${index}`);
      if (member.name !== "") steps.push({ kind: "member", type: id, index, name: member.name });
      bitOffset += member.bitOffset;
      id = member.type;
    } else if (type.kind === "array") {
      if (index >= type.length && !isFlexible(btf, steps.at(-1), type.length)) {
        throw invalid(`element ${index} of ${type.length}`);
      }
      id = resolve(btf, type.type);
      steps.push({ kind: "element", type: id, index });
      bitOffset += index * (sizeOf(btf, id) ?? 0) * 8;
    } else {
      throw invalid(`access ${text}: a ${type.kind} has no parts`);
    }
  }
  return { btf, root, steps, bitOffset };
}

/** The same access, by names, from `root` of another BTF; undefined where that has no such field. */
export function matchAccess(local: Access, target: Btf, root: number): Access | undefined {
  const steps: AccessStep[] = [];
  let bitOffset = 0;
  let id = root;
  for (const [i, step] of local.steps.entries()) {
    id = resolve(target, id);
    if (step.kind === "member") {
      const found = memberNamed(target, id, step.name);
      const localMember = compositeOf(local.btf, step.type)?.members[step.index];
      if (found === undefined || localMember === undefined) return undefined;
      if (!areCompatible(local.btf, localMember.type, target, found.member.type)) return undefined;
      steps.push({ kind: "member", type: found.composite, index: found.index, name: step.name });
      bitOffset += found.bitOffset;
      id = found.member.type;
      continue;
    }
    if (i > 0) {
      const type = target.type(id);
      if (type.kind !== "array") return undefined;
      if (step.index >= type.length && !isFlexible(target, steps.at(-1), type.length)) return undefined;
      id = resolve(target, type.type);
    }
    steps.push({ kind: "element", type: id, index: step.index });
    bitOffset += step.index * (sizeOf(target, id) ?? 0) * 8;
  }
  return { btf: target, root, steps, bitOffset };
}

type PlacedStep = {
  readonly composite: number;
  readonly index: number;
  readonly member: Member;
  readonly bitOffset: number;
};

/**
 * A member by its name, those of anonymous members included; bits from the composite's start. `fruitless` holds the composites that were
 * searched before: hostile ones use each other twice, level by level.
 */
function memberNamed(
  btf: Btf,
  id: number,
  name: string,
  fruitless = new Set<number>(),
): PlacedStep | undefined {
  const type = compositeOf(btf, id);
  if (type === undefined || fruitless.has(type.id)) return undefined;
  fruitless.add(type.id);
  for (const [index, member] of type.members.entries()) {
    if (member.name === name) {
      const { bitOffset } = bitField(btf, member);
      return { composite: resolve(btf, id), index, member, bitOffset };
    }
    if (member.name !== "") continue;
    const inner = memberNamed(btf, member.type, name, fruitless);
    if (inner !== undefined) return { ...inner, bitOffset: inner.bitOffset + member.bitOffset };
  }
  return undefined;
}

/** An array of no length, or of one element, that ends its struct may be read beyond. */
function isFlexible(btf: Btf, last: AccessStep | undefined, length: number): boolean {
  if (last?.kind !== "member" || length > 1) return false;
  const members = compositeOf(btf, last.type)?.members;
  return members !== undefined && last.index === members.length - 1;
}

/**
 * Whether a field's type may stand for the other's: composites for composites, pointers for pointers,
 * integers of any size, enums of one name, arrays by their elements. Source: `bpf_core_fields_are_compat`.
 */
function areCompatible(a: Btf, aId: number, b: Btf, bId: number): boolean {
  const x = a.type(resolve(a, aId));
  const y = b.type(resolve(b, bId));
  const isComposite = (kind: string) => kind === "struct" || kind === "union";
  if (isComposite(x.kind) && isComposite(y.kind)) return true;
  const isEnum = (kind: string) => kind === "enum" || kind === "enum64";
  if (isEnum(x.kind) && isEnum(y.kind)) return sameName(x.name, y.name);
  if (x.kind === "array" && y.kind === "array") return areCompatible(a, x.type, b, y.type);
  if (x.kind === "int" && y.kind === "int") return x.bitOffset === 0 && y.bitOffset === 0;
  if (x.kind === "fwd" && y.kind === "fwd") return sameName(x.name, y.name);
  return x.kind === y.kind && (x.kind === "ptr" || x.kind === "float");
}

function sameName(a: string, b: string): boolean {
  return a === "" || b === "" || essentialName(a) === essentialName(b);
}

/** A name without its flavour: `task_struct` for `task_struct___old`. */
export function essentialName(name: string): string {
  const at = name.lastIndexOf("___");
  return at > 0 ? name.slice(0, at) : name;
}

function invalid(detail: string): Refusal {
  return new Refusal(Errno.EINVAL, `CO-RE: ${detail}`);
}
