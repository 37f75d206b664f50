import { Kind } from "#formats/btf/kinds.ts";
import { REFERRED_AT, type Tables } from "./tables.ts";

const POINTER = 8;

/** What compilers would make of types: alignments, which BTF does not have, and sizes; in bytes. */
export class Measures {
  readonly #tables: Tables;
  /** Of structs and unions, plus one; 0 where it is not known yet. */
  readonly #alignments: Uint8Array;

  constructor(tables: Tables) {
    this.#tables = tables;
    this.#alignments = new Uint8Array(tables.count);
  }

  /** 0 for what has none: `void`, functions, what is only declared. */
  alignmentOf(type: number): number {
    const { words, starts, kinds } = this.#tables;
    let id = type;
    for (;;) {
      const kind = kinds[id] ?? 0;
      const start = starts[id] ?? 0;
      switch (kind) {
        case Kind.PTR:
          return POINTER;
        case Kind.INT:
        case Kind.FLOAT:
        case Kind.ENUM:
        case Kind.ENUM64:
          return Math.min(POINTER, words[start + 2] ?? 0);
        case Kind.STRUCT:
        case Kind.UNION: {
          const known = this.#alignments[id] ?? 0;
          if (known > 0) return known - 1;
          const alignment = this.#alignmentByMembers(start);
          this.#alignments[id] = alignment + 1;
          return alignment;
        }
      }
      const reference = REFERRED_AT[kind] ?? 0;
      if (reference === 0) return 0;
      id = words[start + reference] ?? 0;
    }
  }

  /** 1 where members or size do not keep to what the members ask for. */
  #alignmentByMembers(start: number): number {
    const { words } = this.#tables;
    const info = words[start + 1] ?? 0;
    let most = 1;
    for (let left = info & 0xffffff, at = start + 3; left > 0; left--, at += 3) {
      const alignment = this.alignmentOf(words[at + 1] ?? 0);
      if (alignment === 0) return 0;
      if (alignment > most) most = alignment;
      if (isAmiss(info, words[at + 2] ?? 0, alignment)) return 1;
    }
    return (words[start + 2] ?? 0) % most === 0 ? most : 1;
  }

  /** Whether a struct's members stand where only `packed` lets them. */
  isPacked(id: number): boolean {
    const { words, starts } = this.#tables;
    const start = starts[id] ?? 0;
    const info = words[start + 1] ?? 0;
    let most = 1;
    for (let left = info & 0xffffff, at = start + 3; left > 0; left--, at += 3) {
      const alignment = this.alignmentOf(words[at + 1] ?? 0);
      if (alignment > 0 && isAmiss(info, words[at + 2] ?? 0, alignment)) return true;
      if (alignment > most) most = alignment;
    }
    return (words[start + 2] ?? 0) % most !== 0;
  }

  /** 0 for what has no size, or one of 4 GiB and more. */
  sizeOf(type: number): number {
    const { words, starts, kinds } = this.#tables;
    let count = 1;
    let id = type;
    for (;;) {
      const kind = kinds[id] ?? 0;
      const start = starts[id] ?? 0;
      switch (kind) {
        case Kind.PTR:
          return fitting(count * POINTER);
        case Kind.INT:
        case Kind.FLOAT:
        case Kind.ENUM:
        case Kind.ENUM64:
        case Kind.STRUCT:
        case Kind.UNION:
          return fitting(count * (words[start + 2] ?? 0));
        case Kind.ARRAY:
          count *= words[start + 5] ?? 0;
      }
      const reference = REFERRED_AT[kind] ?? 0;
      if (reference === 0) return 0;
      id = words[start + reference] ?? 0;
    }
  }
}

function fitting(size: number): number {
  return size > 0xffffffff ? 0 : size;
}

/** Whether a member that is no bit-field begins where its type is not aligned. `place` is its third word. */
function isAmiss(info: number, place: number, alignment: number): boolean {
  if (info >>> 31 === 0) return place % (8 * alignment) !== 0;
  return place >>> 24 === 0 && (place & 0xffffff) % (8 * alignment) !== 0;
}
