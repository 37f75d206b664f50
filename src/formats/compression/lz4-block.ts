import type { ByteReader } from "#bytes/reader.ts";

/** The block does not fit the room that it was given. */
export const LZ4_OVERFLOW = -1;

const MIN_MATCH = 4;

/**
 * Decodes one independent LZ4 block: sequences of a token (literal count in the high half, match length less 4
 * in the low one, 15 meaning that bytes to add follow), literals, and a u16 distance; the last sequence is literals only.
 *
 * @param reader the whole input; ends the decoding at the place where a block breaks the format
 * @param limit where in `out` the block must end at the latest
 * @returns the place in `out` behind the block's last byte, or `LZ4_OVERFLOW`
 *
 * Source: lz4, doc/lz4_Block_format.md.
 */
export function decodeLz4Block(
  reader: ByteReader,
  block: { readonly start: number; readonly end: number },
  out: Uint8Array,
  start: number,
  limit: number,
): number {
  const input = reader.bytes;
  const end = Math.min(limit, out.length);
  let from = block.start;
  let to = start;

  /** Adds the bytes that extend a length of 15; the last one is below 255. */
  const extended = (length: number): number => {
    let sum = length;
    for (;;) {
      if (from >= block.end) reader.fail(from, "block ends inside a length");
      const byte = input[from++] ?? 0;
      sum += byte;
      if (byte !== 255) return sum;
    }
  };

  for (;;) {
    if (from >= block.end) reader.fail(from, "block ends without its last literals");
    const token = input[from++] ?? 0;
    const literals = token >>> 4 === 15 ? extended(15) : token >>> 4;
    if (literals > block.end - from)
      reader.fail(from, `${literals} literals, ${block.end - from} bytes left`);
    if (literals > end - to) return LZ4_OVERFLOW;
    copyLiterals(input, from, out, to, literals);
    from += literals;
    to += literals;
    if (from === block.end) return to;

    if (block.end - from < 2) reader.fail(from, "block ends inside a distance");
    const distance = (input[from] ?? 0) | ((input[from + 1] ?? 0) << 8);
    if (distance === 0 || distance > to - start) {
      reader.fail(from, `distance ${distance} at byte ${to - start} of the block`);
    }
    from += 2;
    const length = ((token & 15) === 15 ? extended(15) : token & 15) + MIN_MATCH;
    if (length > end - to) return LZ4_OVERFLOW;
    copyMatch(out, to, distance, length);
    to += length;
  }
}

/** Short runs are the rule, and a loop is then faster than the call into the engine. */
const SHORT = 24;

function copyLiterals(input: Uint8Array, from: number, out: Uint8Array, to: number, length: number): void {
  if (length > SHORT) {
    out.set(input.subarray(from, from + length), to);
    return;
  }
  for (let i = 0; i < length; i++) out[to + i] = input[from + i] ?? 0;
}

/** Copies from `distance` bytes back; where that overlaps the target, the bytes just written repeat. */
function copyMatch(out: Uint8Array, to: number, distance: number, length: number): void {
  if (distance >= length && length > SHORT) {
    out.copyWithin(to, to - distance, to - distance + length);
    return;
  }
  for (let i = to, end = to + length; i < end; i++) out[i] = out[i - distance] ?? 0;
}
