import { bits64, plus } from "#prove/terms/bits.ts";
import type { Bits, Truth } from "#prove/terms/term.ts";
import { all, compare, equals, not } from "#prove/terms/truth.ts";
import { field, lies, says } from "./image.ts";

const HEADER_SIZE = 64;

/** The payload of the zboot file of `length` bytes at `start`: rule 3 of "What a parser emits". */
export function payload(
  start: Bits,
  length: Bits,
): { readonly good: Truth; readonly offset: Bits; readonly size: Bits } {
  const offset = field(start, 0x08, 4);
  const bytes = field(start, 0x0c, 4);
  return {
    good: all(
      compare("ule", bits64(HEADER_SIZE), length),
      says(start, "MZ"),
      says(plus(start, bits64(4)), "zimg"),
      not(equals(bytes, bits64(0))),
      lies(offset, bytes, length),
    ),
    offset: plus(start, offset),
    size: bytes,
  };
}
