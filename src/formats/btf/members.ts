import type { Btf } from "./btf.ts";
import { resolve, sizeOf } from "./resolve.ts";
import type { Composite, Member } from "./types.ts";

/** A member as the compiler sees it, counted from the outermost struct's start. */
export type PlacedMember = {
  readonly name: string;
  readonly type: number;
  /** In bytes; a bit-field's is that of the byte which holds its first bit. */
  readonly offset: number;
  /** In bytes; undefined for a bit-field and for a type without a size. */
  readonly size: number | undefined;
  readonly bitOffset: number;
  /** The width of a bit-field in bits; 0 for any other member. */
  readonly bitSize: number;
};

/** The struct or union that `id` is or names through typedefs and qualifiers. */
export function compositeOf(btf: Btf, id: number): Composite | undefined {
  const type = btf.type(resolve(btf, id));
  return type.kind === "struct" || type.kind === "union" ? type : undefined;
}

/**
 * The member called `name` of the struct or union `id`, those of its anonymous structs and unions
 * included, as C finds it. Undefined where there is none, or `id` is no struct.
 */
export function findMember(btf: Btf, id: number, name: string): PlacedMember | undefined {
  return search(btf, id, name, 0, new Set());
}

/** `fruitless` holds the anonymous types searched before: two members may share one. */
function search(
  btf: Btf,
  id: number,
  name: string,
  start: number,
  fruitless: Set<number>,
): PlacedMember | undefined {
  const type = compositeOf(btf, id);
  if (type === undefined || fruitless.has(type.id)) return undefined;
  fruitless.add(type.id);
  for (const member of type.members) {
    if (member.name === name && name !== "") return place(btf, member, start);
    if (member.name !== "") continue;
    const found = search(btf, member.type, name, start + member.bitOffset, fruitless);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Members of one type that are told, those of anonymous ones included: as many as one record of BTF can have. */
export const MOST_MEMBERS = 0xffff;

/**
 * All named members of the struct or union `id` in the order of their declaration, with those of
 * its anonymous structs and unions in their place; the first 65,535, for types that use each other twice have 2^60.
 */
export function* membersOf(btf: Btf, id: number): Generator<PlacedMember> {
  let count = 0;
  for (const member of named(btf, id, 0, new Set())) {
    if (++count > MOST_MEMBERS) return;
    yield member;
  }
}

/** `barren` holds the anonymous types in which there is none: they too can multiply. Returns whether there was any. */
function* named(btf: Btf, id: number, start: number, barren: Set<number>): Generator<PlacedMember, boolean> {
  const type = compositeOf(btf, id);
  if (type === undefined || barren.has(type.id)) return false;
  let any = false;
  for (const member of type.members) {
    if (member.name !== "") yield place(btf, member, start);
    const found = member.name !== "" || (yield* named(btf, member.type, start + member.bitOffset, barren));
    any ||= found;
  }
  if (!any) barren.add(type.id);
  return any;
}

function place(btf: Btf, member: Member, start: number): PlacedMember {
  const { bitOffset, bitSize } = bitField(btf, member);
  const first = start + bitOffset;
  return {
    name: member.name,
    type: member.type,
    offset: Math.floor(first / 8),
    size: bitSize === 0 ? sizeOf(btf, member.type) : undefined,
    bitOffset: first,
    bitSize,
  };
}

/**
 * Where a member's bits are. Before kind_flag (kernels up to 4.20) a bit-field was a member whose
 * integer type had fewer bits than its bytes hold, from a bit offset of its own.
 */
export function bitField(btf: Btf, member: Member): { readonly bitOffset: number; readonly bitSize: number } {
  if (member.bitSize === 0) {
    const id = resolve(btf, member.type);
    const type = btf.kind(id) === "int" ? btf.type(id) : undefined;
    if (type?.kind === "int" && (type.bits !== 8 * type.size || type.bitOffset !== 0)) {
      return { bitOffset: member.bitOffset + type.bitOffset, bitSize: type.bits };
    }
  }
  return { bitOffset: member.bitOffset, bitSize: member.bitSize };
}
