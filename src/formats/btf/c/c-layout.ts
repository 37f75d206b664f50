import { alignUp } from "#bytes/align.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { bitField } from "#formats/btf/members.ts";
import { resolve, sizeOf } from "#formats/btf/resolve.ts";
import type { Composite, Member } from "#formats/btf/types.ts";

/** Something to write in a struct's braces. */
export type LayoutItem =
  | { readonly kind: "member"; readonly member: Member; readonly bits: number }
  /** A gap between two bit offsets, to be filled with `paddingFields()`. */
  | { readonly kind: "padding"; readonly from: number; readonly to: number };

export type Layout = {
  readonly items: readonly LayoutItem[];
  readonly packed: boolean;
  /** An alignment to ask for, in bytes, where only that gives a union its size. */
  readonly aligned: number | undefined;
  /** The alignment that the compiler gives the type so written, in bytes. */
  readonly alignment: number;
};

/**
 * Finds out how structs must be written for clang's BPF target to lay them out as BTF says. BTF
 * has offsets and sizes but no alignment, so this plays the compiler: first by natural alignment with
 * unnamed bit-fields in the gaps, and, where that cannot be, packed.
 *
 * Rules: the System V ABI's for bit-fields, as clang's ItaniumRecordLayoutBuilder applies them;
 * unnamed bit-fields do not align their struct.
 */
export class Layouts {
  readonly #btf: Btf;
  readonly #known = new Map<number, Layout | undefined>();

  constructor(btf: Btf) {
    this.#btf = btf;
  }

  /** Undefined where no C declaration has this layout. */
  of(type: Composite): Layout | undefined {
    if (this.#known.has(type.id)) return this.#known.get(type.id);
    const play = type.kind === "struct" ? this.#struct : this.#union;
    const layout = play.call(this, type, false) ?? play.call(this, type, true);
    this.#known.set(type.id, layout);
    return layout;
  }

  /** In bytes; 1 for what has no alignment of its own. */
  alignmentOf(id: number): number {
    const resolved = resolve(this.#btf, id);
    const known = this.#known.get(resolved);
    if (known !== undefined) return known.alignment;
    const type = this.#btf.type(resolved);
    switch (type.kind) {
      case "array":
        return this.alignmentOf(type.type);
      case "struct":
      case "union":
        return this.of(type)?.alignment ?? 1;
      case "ptr":
        return 8;
      default:
        // An x87 `long double` of 12 bytes is aligned to 4, all others to their size.
        return (sizeOf(this.#btf, type.id) ?? 1) === 12 ? 4 : (sizeOf(this.#btf, type.id) ?? 1);
    }
  }

  #struct(type: Composite, packed: boolean): Layout | undefined {
    const items: LayoutItem[] = [];
    let alignment = 1;
    let at = 0;
    for (const member of type.members) {
      const { bitOffset, bitSize } = bitField(this.#btf, member);
      const place = this.#place(member, bitSize, packed);
      if (place === undefined || place.next(bitOffset) !== bitOffset || bitOffset < at) return undefined;
      if (place.next(at) !== bitOffset) items.push({ kind: "padding", from: at, to: bitOffset });
      items.push({ kind: "member", member, bits: bitSize });
      alignment = Math.max(alignment, place.alignment);
      at = bitOffset + place.bits;
    }
    const end = alignUp(Math.ceil(at / 8), alignment);
    if (end > type.size || type.size % alignment !== 0) return undefined;
    if (end < type.size) items.push({ kind: "padding", from: at, to: type.size * 8 });
    return { items, packed, aligned: undefined, alignment };
  }

  #union(type: Composite, packed: boolean): Layout | undefined {
    const items: LayoutItem[] = [];
    let alignment = 1;
    let bytes = 0;
    for (const member of type.members) {
      const { bitOffset, bitSize } = bitField(this.#btf, member);
      const place = this.#place(member, bitSize, packed);
      if (place === undefined || bitOffset !== 0) return undefined;
      items.push({ kind: "member", member, bits: bitSize });
      alignment = Math.max(alignment, place.alignment);
      bytes = Math.max(bytes, Math.ceil(place.bits / 8));
    }
    if (alignUp(bytes, alignment) === type.size) return { items, packed, aligned: undefined, alignment };
    for (let aligned = alignment * 2; aligned <= type.size; aligned *= 2) {
      if (alignUp(bytes, aligned) === type.size) return { items, packed, aligned, alignment: aligned };
    }
    return undefined;
  }

  /**
   * What the compiler does with a member: how many bits it takes, what it asks of the struct's
   * alignment, and `next(at)`, the first bit from `at` on where it would be put.
   */
  #place(member: Member, bitSize: number, packed: boolean) {
    const size = sizeOf(this.#btf, member.type);
    if (size === undefined) return undefined;
    const alignment = packed ? 1 : this.alignmentOf(member.type);
    if (bitSize === 0) return { bits: size * 8, alignment, next: (at: number) => alignUp(at, alignment * 8) };
    const unit = size * 8;
    if (bitSize > unit) return undefined;
    const fits = (at: number): boolean => packed || (at % (alignment * 8)) + bitSize <= unit;
    return { bits: bitSize, alignment, next: (at: number) => (fits(at) ? at : alignUp(at, alignment * 8)) };
  }
}

const UNITS = [64, 32, 16, 8] as const;

/**
 * Unnamed bit-fields for the bits from `from` to `to`, none of which crosses a boundary of its own
 * type. `unit` is that type's size in bits. Lazy, for a hostile gap may be 2^35 bits wide.
 */
export function* paddingFields(
  from: number,
  to: number,
): Generator<{ unit: 8 | 16 | 32 | 64; bits: number }> {
  for (let at = from; at < to; ) {
    const unit = UNITS.find((size) => at % size === 0 && at + size <= to) ?? 8;
    const bits = Math.min(unit - (at % unit), to - at);
    yield { unit, bits };
    at += bits;
  }
}
