import type { Btf } from "#formats/btf/btf.ts";
import { Kind } from "#formats/btf/kinds.ts";
import { Unwritten } from "./unwritten.ts";

/**
 * The types in flat arrays. A kernel has some hundred thousand, which are looked at several times while V8 still interprets the
 * program: each call that is spared shows.
 *
 * A record begins at `words[starts[id]]`: its name's string offset, its info, its size or type, and what its kind has (`formats/btf/kinds.ts`).
 */
export type Tables = {
  readonly words: Uint32Array;
  readonly starts: Uint32Array;
  /** By type; 0 for `void`. */
  readonly kinds: Uint8Array;
  readonly strings: Uint8Array;
  /** One more than the largest id. */
  readonly count: number;
};

/** A kernel has two hundred thousand; an id has 24 bits where types are sorted. */
const MOST_TYPES = 2 ** 24;

export function tablesOf(btf: Btf): Tables {
  const parts = btf.tables;
  if (parts === undefined) throw new Unwritten("types that continue another file's");
  if (btf.typeCount > MOST_TYPES) throw new Unwritten(`${btf.typeCount} types`);
  const starts = new Uint32Array(btf.typeCount);
  starts.set(parts.offsets, 1);
  const kinds = new Uint8Array(btf.typeCount);
  kinds.set(parts.kinds, 1);
  return { words: parts.words, strings: parts.strings, starts, kinds, count: btf.typeCount };
}

/** Where the type that a record refers to stands in it, by kind; 0 where there is none or are several. */
export const REFERRED_AT = new Uint8Array(128);
for (const kind of [Kind.PTR, Kind.TYPEDEF, Kind.VOLATILE, Kind.CONST, Kind.RESTRICT, Kind.TYPE_TAG]) {
  REFERRED_AT[kind] = 2;
}
REFERRED_AT[Kind.ARRAY] = 3;

/** The string at an offset, one character a byte. */
export function stringAt({ strings }: Tables, offset: number): string {
  return Buffer.from(
    strings.buffer,
    strings.byteOffset + offset,
    strings.indexOf(0, offset) - offset,
  ).toString("latin1");
}
