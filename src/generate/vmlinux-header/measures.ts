import type { Btf } from "#formats/btf/btf.ts";
import { infoFlag, Kind } from "#formats/btf/kinds.ts";
import { resolve, sizeOf } from "#formats/btf/resolve.ts";

const POINTER = 8;

/** The place and the width in bits of a struct's member, the word at `at` of its record. */
export function memberPlace(btf: Btf, id: number, at: number): number {
  const word = btf.word(id, at);
  return infoFlag(btf.word(id, 4)) ? word & 0xffffff : word;
}

export function memberBits(btf: Btf, id: number, at: number): number {
  return infoFlag(btf.word(id, 4)) ? btf.word(id, at) >>> 24 : 0;
}

/** What compilers would make of types: alignments, which BTF does not have, and sizes; in bytes. */
export class Measures {
  readonly #btf: Btf;
  /** Of structs and unions, plus one; 0 where it is not known yet. */
  readonly #alignments: Uint8Array;

  constructor(btf: Btf) {
    this.#btf = btf;
    this.#alignments = new Uint8Array(btf.typeCount);
  }

  /** 0 for what has none: `void`, functions, what is only declared. */
  alignmentOf(start: number): number {
    const btf = this.#btf;
    let id = resolve(btf, start);
    while (btf.kindNumber(id) === Kind.ARRAY) id = resolve(btf, btf.word(id, 12));
    switch (btf.kindNumber(id)) {
      case Kind.INT:
      case Kind.FLOAT:
      case Kind.ENUM:
      case Kind.ENUM64:
        return Math.min(POINTER, btf.word(id, 8));
      case Kind.PTR:
        return POINTER;
      case Kind.STRUCT:
      case Kind.UNION: {
        const known = this.#alignments[id] ?? 0;
        if (known > 0) return known - 1;
        const alignment = this.#alignmentByMembers(id);
        this.#alignments[id] = alignment + 1;
        return alignment;
      }
      default:
        return 0;
    }
  }

  /** 1 where members or size do not keep to what the members ask for. */
  #alignmentByMembers(id: number): number {
    const btf = this.#btf;
    let most = 1;
    for (let left = btf.vlen(id), at = 12; left > 0; left--, at += 12) {
      const alignment = this.alignmentOf(btf.word(id, at + 4));
      if (alignment === 0) return 0;
      most = Math.max(most, alignment);
      const isWhole = memberBits(btf, id, at + 8) === 0;
      if (isWhole && memberPlace(btf, id, at + 8) % (8 * alignment) !== 0) return 1;
    }
    return btf.word(id, 8) % most === 0 ? most : 1;
  }

  /** Whether a struct's members stand where only `packed` lets them. */
  isPacked(id: number): boolean {
    const btf = this.#btf;
    let most = 1;
    for (let left = btf.vlen(id), at = 12; left > 0; left--, at += 12) {
      const alignment = this.alignmentOf(btf.word(id, at + 4));
      const isWhole = memberBits(btf, id, at + 8) === 0;
      if (alignment > 0 && isWhole && memberPlace(btf, id, at + 8) % (8 * alignment) !== 0) return true;
      most = Math.max(most, alignment);
    }
    return btf.word(id, 8) % most !== 0;
  }

  /** 0 for what has no size. */
  sizeOf(id: number): number {
    const size = sizeOf(this.#btf, id, POINTER) ?? 0;
    return size > 0xffffffff ? 0 : size;
  }
}
