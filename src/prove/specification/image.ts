import { bits64, bytesOf, extractBits, minus, plus, zeroExtend } from "#prove/terms/bits.ts";
import { IMAGE, imageSize } from "#prove/terms/names.ts";
import { type Bits, constant, type Truth } from "#prove/terms/term.ts";
import { all, compare, either, equals } from "#prove/terms/truth.ts";

/** The image as the specification sees it. */

export function size(): Bits {
  return imageSize();
}

/** `bytes` bytes from `at` on as a number, 64 bits wide. */
export function read(at: Bits, bytes: number): Bits {
  return zeroExtend(bytesOf(IMAGE, at, bytes), 64);
}

/** A field at a fixed place behind `at`. */
export function field(at: Bits, offset: number, bytes: number): Bits {
  return read(plus(at, bits64(offset)), bytes);
}

/** Whether the characters stand at `at`, and nothing is said of what comes after them. */
export function says(at: Bits, text: string): Truth {
  return all(
    ...Array.from(text, (character, i) =>
      equals(bytesOf(IMAGE, plus(at, bits64(i)), 1), constant(8, BigInt(character.charCodeAt(0)))),
    ),
  );
}

/** What makes a number of the image this one, byte by byte. */
export function isNumber(at: number, bytes: number, value: number): readonly Truth[] {
  const number = constant(8 * bytes, BigInt(value));
  return Array.from({ length: bytes }, (_, i) =>
    equals(bytesOf(IMAGE, bits64(at + i), 1), extractBits(number, 8 * i, 8)),
  );
}

/** Whether a run of bytes lies inside the first `whole` bytes, in the arithmetic of unbounded numbers. */
export function lies(offset: Bits, length: Bits, whole: Bits): Truth {
  // One of two places: each is asked for by itself, which leaves comparisons that are known elsewhere.
  if (offset.kind === "choice" && length.kind === "choice" && offset.when === length.when) {
    return either(
      offset.when,
      lies(offset.then, length.then, whole),
      lies(offset.otherwise, length.otherwise, whole),
    );
  }
  return all(compare("ule", offset, whole), compare("ule", length, minus(whole, offset)));
}
