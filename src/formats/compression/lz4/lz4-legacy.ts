import { ByteReader, decoding } from "#bytes/reader.ts";
import type { SizeExceeded } from "#core/failure.ts";
import { type Err, ok } from "#core/result.ts";
import { tooLarge } from "#formats/compression/failures.ts";
import type { Decompressed, Decompressor } from "#formats/compression/types.ts";
import { decodeLz4Block, LZ4_OVERFLOW } from "./lz4-block.ts";

const MAGIC = 0x184c2102;
const BLOCK_SIZE = 8 * 1024 * 1024;
/** Longest encoding of a block, LZ4_compressBound(8 MiB): a longer "block" is something else that follows. */
const MAX_COMPRESSED_BLOCK = BLOCK_SIZE + Math.floor(BLOCK_SIZE / 255) + 16;

/**
 * The legacy frame of LZ4, which kernel builds use (`lz4 -l`): the magic number, then blocks of a u32 length and
 * that many bytes, each standing for 8 MiB but the last. The format has no end mark. The stream ends with the
 * input, or before a length that no block can have; the size that the kernel build appends is found
 * that way, unless it is below 8 MiB, when the input ends inside the "block". Such input is refused as cut short:
 * give the stream alone, as `decodeBzImage` and `decodeZboot` do.
 *
 * Source: lz4, doc/lz4_Frame_format.md, "Legacy frame"; Linux, lib/decompress_unlz4.c.
 */
export const decompressLz4Legacy: Decompressor = (input, options) => {
  const decoded = decoding((): Err<SizeExceeded> | { ok: true; value: Decompressed } => {
    const reader = new ByteReader(input, { format: "lz4", section: "compressed data", base: options.base });
    const { blocks, end } = findBlocks(reader);
    const bound = blocks.length * BLOCK_SIZE;
    const hint = options.sizeHint ?? bound;
    // Only a hint within one block of the bound can be true.
    const capacity = hint <= bound && hint > bound - BLOCK_SIZE ? hint : bound;
    let out = new Uint8Array(Math.min(capacity, options.limit));
    let length = 0;
    for (const block of blocks) {
      let next = decodeLz4Block(reader, block, out, length, length + BLOCK_SIZE);
      if (next === LZ4_OVERFLOW && out.length < Math.min(bound, options.limit)) {
        const larger = new Uint8Array(Math.min(bound, options.limit));
        larger.set(out.subarray(0, length));
        out = larger;
        next = decodeLz4Block(reader, block, out, length, length + BLOCK_SIZE);
      }
      if (next === LZ4_OVERFLOW) {
        if (out.length < length + BLOCK_SIZE) return tooLarge("lz4", options);
        return reader.fail(block.start, "block decodes to more than 8 MiB");
      }
      length = next;
    }
    return ok({ bytes: out.subarray(0, length), trailing: input.length - end });
  });
  return decoded.ok ? decoded.value : decoded;
};

export type Lz4Block = { readonly start: number; readonly end: number };

function findBlocks(reader: ByteReader): { readonly blocks: readonly Lz4Block[]; readonly end: number } {
  if (reader.u32(0) !== MAGIC) reader.fail(0, "no magic of a legacy frame");
  const blocks: Lz4Block[] = [];
  let at = 4;
  while (reader.length - at >= 4) {
    const size = reader.u32(at);
    if (size === MAGIC) {
      at += 4; // Frames may follow one another.
      continue;
    }
    if (size > MAX_COMPRESSED_BLOCK || size === 0) break;
    if (size > reader.length - at - 4) {
      reader.fail(at, `block of ${size} bytes, ${reader.length - at - 4} left`);
    }
    blocks.push({ start: at + 4, end: at + 4 + size });
    at += 4 + size;
  }
  if (blocks.length === 0) reader.fail(at, "no block");
  return { blocks, end: at };
}
