import { Errno } from "#bpf-vm/errno.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { CORE_KINDS, type CoreKind } from "#formats/btf/ext-types.ts";
import { bitField, compositeOf } from "#formats/btf/members.ts";
import { resolve, sizeOf } from "#formats/btf/resolve.ts";
import type { Access } from "./core-access.ts";
import { Refusal } from "./failure.ts";

const FIELD_KINDS: readonly CoreKind[] = CORE_KINDS.slice(0, CORE_KINDS.indexOf("type-id-local"));
const TYPE_KINDS: readonly CoreKind[] = ["type-id-target", "type-exists", "type-size"];
const ENUM_KINDS: readonly CoreKind[] = ["enumval-exists", "enumval-value"];

export function isFieldKind(kind: CoreKind): boolean {
  return FIELD_KINDS.includes(kind);
}

export function isTypeKind(kind: CoreKind): boolean {
  return TYPE_KINDS.includes(kind);
}

export function isEnumKind(kind: CoreKind): boolean {
  return ENUM_KINDS.includes(kind);
}

export type CoreValue = {
  readonly value: bigint;
  /** False where the compiler may have chosen another value than this for the same thing. */
  readonly exact: boolean;
  /** Of a byte offset: what is there, so that the size of a load can follow it. */
  readonly field?: { readonly type: number; readonly size: number };
};

/**
 * What a field relocation comes to in one BTF; undefined where the instruction has to be poisoned
 * because the field is not there. Source: `bpf_core_calc_field_relo`.
 *
 * @throws Refusal (-EINVAL, -EOPNOTSUPP)
 */
export function fieldValue(kind: CoreKind, access: Access | undefined): CoreValue | undefined {
  if (kind === "field-exists") return plain(access === undefined ? 0 : 1);
  const last = access?.steps.at(-1);
  if (access === undefined || last === undefined) return undefined;
  const { btf, bitOffset } = access;
  if (last.kind === "element") {
    const size = sizeOf(btf, last.type) ?? 0;
    if (kind === "field-byte-size") return plain(size);
    if (kind !== "field-byte-offset") {
      throw new Refusal(Errno.EINVAL, `CO-RE: kind ${kind} for an array's element`);
    }
    return { ...plain(Math.floor(bitOffset / 8)), field: { type: last.type, size } };
  }
  const member = compositeOf(btf, last.type)?.members[last.index];
  if (member === undefined) return undefined;
  const type = resolve(btf, member.type);
  const { bitSize } = bitField(btf, member);
  const place = bitSize > 0 ? bitPlace(btf, type, bitOffset, bitSize) : undefined;
  const size = place?.size ?? sizeOf(btf, type) ?? 0;
  const offset = place?.offset ?? Math.floor(bitOffset / 8);
  const bits = bitSize > 0 ? bitSize : 8 * size;
  const exact = bitSize === 0;
  switch (kind) {
    case "field-byte-offset":
      return { value: BigInt(offset), exact, ...(exact && { field: { type, size } }) };
    case "field-byte-size":
      return { value: BigInt(size), exact };
    case "field-signed":
      return plain(isSigned(btf, type) ? 1 : 0);
    case "field-lshift-u64":
      return { value: BigInt(64 - (bitOffset + bits - 8 * offset)), exact };
    case "field-rshift-u64":
      return plain(64 - bits);
    default:
      throw new Refusal(Errno.EOPNOTSUPP, `CO-RE: kind ${kind}`);
  }
}

/** The smallest aligned integer that holds a bit-field, from the size of its type upwards; in bytes. */
function bitPlace(btf: Btf, type: number, bitOffset: number, bitSize: number) {
  let size = sizeOf(btf, type) ?? 1;
  let offset = 0;
  for (;;) {
    offset = Math.floor(bitOffset / 8 / size) * size;
    if (bitOffset + bitSize - 8 * offset <= 8 * size) return { size, offset };
    if (size >= 8) throw new Refusal(Errno.E2BIG, "CO-RE: a bit-field that no 64-bit load can read");
    size *= 2;
  }
}

/** What a type relocation comes to; `id` is undefined where there is no such type. */
export function typeValue(kind: CoreKind, btf: Btf, id: number | undefined): CoreValue {
  if (id === undefined) return plain(0);
  if (kind === "type-id-target") return { value: BigInt(id), exact: false };
  if (kind === "type-exists") return plain(1);
  return plain(sizeOf(btf, id) ?? 0);
}

/** What an enumerator relocation comes to; undefined where the instruction has to be poisoned. */
export function enumValue(kind: CoreKind, value: bigint | undefined): CoreValue | undefined {
  if (kind === "enumval-exists") return plain(value === undefined ? 0 : 1);
  return value === undefined ? undefined : { value, exact: true };
}

function isSigned(btf: Btf, id: number): boolean {
  const type = btf.type(id);
  if (type.kind === "enum" || type.kind === "enum64") return type.signed;
  return type.kind === "int" && type.encoding === "signed";
}

function plain(value: number): CoreValue {
  return { value: BigInt(value), exact: true };
}
