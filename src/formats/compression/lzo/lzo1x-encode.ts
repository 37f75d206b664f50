import type { GrowingOutput } from "#formats/compression/growing-output.ts";
import { findMatches } from "#formats/compression/match-finder.ts";

const NEAR = 0x4000;
const FARTHEST = 0xbfff;
/** Codes of a first byte that stands for literals begin above this. */
const FIRST_LITERALS = 17;

/**
 * Encodes one LZO1X block (see `decodeLzo1x`) with the two instructions that reach all distances and lengths; the shorter
 * ones only save space.
 */
export function encodeLzo1x(bytes: Uint8Array, start: number, end: number, out: GrowingOutput): void {
  /** Where the last match's second byte stands: its low two bits count the 0 to 3 literals that follow it. */
  let countAt: number | undefined;

  const literals = (run: Uint8Array) => {
    if (run.length === 0) return;
    if (countAt === undefined && run.length <= 0xff - FIRST_LITERALS) {
      out.push(FIRST_LITERALS + run.length);
    } else if (run.length <= 3 && countAt !== undefined) {
      const written = out.bytes;
      written[countAt] = (written[countAt] ?? 0) | run.length;
    } else {
      lengthCode(out, 0, run.length - 3, 15);
    }
    out.append(run);
  };
  const options = { start, end, maxDistance: FARTHEST, maxLength: Number.POSITIVE_INFINITY };
  const rest = findMatches(bytes, options, (from, to, distance, length) => {
    literals(bytes.subarray(from, to));
    const near = distance <= NEAR;
    const field = near ? distance - 1 : distance - NEAR;
    if (near) lengthCode(out, 0x20, length - 2, 31);
    else lengthCode(out, 0x10 | ((field >>> 11) & 8), length - 2, 7);
    countAt = out.length;
    out.push((field << 2) & 0xff);
    out.push((field >>> 6) & 0xff);
  });
  literals(bytes.subarray(rest, end));
  out.append([0x11, 0, 0]);
}

/** An instruction whose length field holds up to `largest`, or 0 with the rest behind it. */
function lengthCode(out: GrowingOutput, code: number, length: number, largest: number): void {
  if (length <= largest) {
    out.push(code | length);
    return;
  }
  out.push(code);
  let left = length - largest;
  for (; left > 255; left -= 255) out.push(0);
  out.push(left);
}
