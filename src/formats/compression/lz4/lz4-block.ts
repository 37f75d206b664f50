import type { ByteReader } from "#bytes/reader.ts";

/** The block does not fit the room that it was given. */
export const LZ4_OVERFLOW = -1;

const MIN_MATCH = 4;

/** A length of four bits that bytes to add follow; the last of them is below 255. */
const EXTENDED = 15;

/** Short runs are the rule, and a loop is then faster than the call into the engine. */
const SHORT = 24;

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
  const inputEnd = block.end;
  const end = Math.min(limit, out.length);
  let from = block.start;
  let to = start;

  // One loop without closures: positions that a closure shares would live in memory and not in registers.
  for (;;) {
    if (from >= inputEnd) reader.fail(from, "block ends without its last literals");
    const token = input[from++] ?? 0;
    let literals = token >>> 4;
    if (literals === EXTENDED) {
      for (let byte = 255; byte === 255; literals += byte) {
        if (from >= inputEnd) reader.fail(from, "block ends inside a length");
        byte = input[from++] ?? 0;
      }
    }
    if (literals > inputEnd - from) reader.fail(from, `${literals} literals, ${inputEnd - from} bytes left`);
    if (literals > end - to) return LZ4_OVERFLOW;
    if (literals > SHORT) out.set(input.subarray(from, from + literals), to);
    else for (let i = 0; i < literals; i++) out[to + i] = input[from + i] ?? 0;
    from += literals;
    to += literals;
    if (from === inputEnd) return to;

    if (inputEnd - from < 2) reader.fail(from, "block ends inside a distance");
    const distance = (input[from] ?? 0) | ((input[from + 1] ?? 0) << 8);
    if (distance === 0 || distance > to - start) {
      reader.fail(from, `distance ${distance} at byte ${to - start} of the block`);
    }
    from += 2;
    let length = token & EXTENDED;
    if (length === EXTENDED) {
      for (let byte = 255; byte === 255; length += byte) {
        if (from >= inputEnd) reader.fail(from, "block ends inside a length");
        byte = input[from++] ?? 0;
      }
    }
    length += MIN_MATCH;
    if (length > end - to) return LZ4_OVERFLOW;
    const matchEnd = to + length;
    if (length > SHORT && distance >= length) {
      out.copyWithin(to, to - distance, matchEnd - distance);
      to = matchEnd;
    } else {
      // Where the match overlaps its target, the bytes just written repeat.
      for (let match = to - distance; to < matchEnd; ) out[to++] = out[match++] ?? 0;
    }
  }
}
