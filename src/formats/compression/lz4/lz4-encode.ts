import { GrowingOutput } from "#formats/compression/growing-output.ts";
import { findMatches } from "#formats/compression/match-finder.ts";
import type { Compressor } from "#formats/compression/types.ts";

const MAGIC = [0x02, 0x21, 0x4c, 0x18] as const;
const BLOCK_SIZE = 8 * 1024 * 1024;
const MIN_MATCH = 4;
/** The block format's own rules about its end (doc/lz4_Block_format.md, "End of block conditions"). */
const LAST_MATCH_START = 12;
const LAST_LITERALS = 5;

/**
 * Writes the legacy frame that `lz4 -l` writes and kernels read, with greedy matches. Of nothing it makes one empty block, since
 * a frame without any is refused.
 *
 * Source: lz4, doc/lz4_Block_format.md and doc/lz4_Frame_format.md.
 */
export const compressLz4Legacy: Compressor = (bytes) => {
  const out = new GrowingOutput(Number.POSITIVE_INFINITY, (bytes.length >>> 1) + 64);
  out.append(MAGIC);
  let start = 0;
  do {
    const end = Math.min(start + BLOCK_SIZE, bytes.length);
    const sizeAt = out.length;
    out.append([0, 0, 0, 0]);
    encodeBlock(bytes, start, end, out);
    const written = out.bytes;
    new DataView(written.buffer, written.byteOffset).setUint32(sizeAt, written.length - sizeAt - 4, true);
    start = end;
  } while (start < bytes.length);
  return out.bytes;
};

function encodeBlock(bytes: Uint8Array, start: number, end: number, out: GrowingOutput): void {
  const options = {
    start,
    end,
    maxDistance: 0xffff,
    maxLength: Number.POSITIVE_INFINITY,
    lastStart: LAST_MATCH_START,
    lastLiterals: LAST_LITERALS,
  };
  const rest = findMatches(bytes, options, (from, to, distance, length) => {
    const more = length - MIN_MATCH;
    sequence(out, bytes.subarray(from, to), Math.min(more, 15));
    out.push(distance & 0xff);
    out.push(distance >>> 8);
    if (more >= 15) lengthBytes(out, more - 15);
  });
  sequence(out, bytes.subarray(rest, end), 0);
}

/** A token with the literals and, in its low half, what of the match length fits there. */
function sequence(out: GrowingOutput, literals: Uint8Array, matchNibble: number): void {
  out.push((Math.min(literals.length, 15) << 4) | matchNibble);
  if (literals.length >= 15) lengthBytes(out, literals.length - 15);
  out.append(literals);
}

function lengthBytes(out: GrowingOutput, length: number): void {
  let left = length;
  for (; left >= 255; left -= 255) out.push(255);
  out.push(left);
}
