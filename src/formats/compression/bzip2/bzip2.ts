import { ByteReader, decoding } from "#bytes/reader.ts";
import type { SizeExceeded, Unsupported } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { tooLarge } from "#formats/compression/failures.ts";
import { GrowingOutput } from "#formats/compression/growing-output.ts";
import type { CodecOptions, Decompressor } from "#formats/compression/types.ts";
import { BitReader } from "./bzip2-bits.ts";
import { decodeBzip2Block } from "./bzip2-block.ts";

const BLOCK_MAGIC = [0x314159, 0x265359] as const;
const END_MAGIC = [0x177245, 0x385090] as const;
const LEVEL_UNIT = 100_000;
/** After four equal bytes, a byte says how many more follow. */
const RUN = 4;

/**
 * bzip2: "BZh" and a digit for the block size in 100,000 bytes, then blocks, which begin at any bit:
 *
 *     u48 314159265359  u32 CRC of the block  u1 randomised (obsolete)  u24 origin  content
 *     u48 177245385090  u32 CRC of the stream, padded to a byte
 *
 * The CRC of every block, and of the stream, is compared. A
 * randomised block, which bzip2 writes no more since 1999, is refused with `unsupported`, as kernels do.
 *
 * Source: Linux, lib/decompress_bunzip2.c; bzip2 1.0's own description of the block CRC.
 */
export const decompressBzip2: Decompressor = (input, options) => {
  const decoded = decoding(() => {
    const reader = new ByteReader(input, { format: "bzip2", section: "compressed data", base: options.base });
    const output = new GrowingOutput(options.limit, options.sizeHint);
    const end = decodeStream(reader, output, options);
    return end.ok ? ok({ bytes: output.bytes, trailing: input.length - end.value }) : end;
  });
  return decoded.ok ? decoded.value : decoded;
};

function isStreamStart(input: Uint8Array): boolean {
  const digit = input[3] ?? 0;
  return input[0] === 0x42 && input[1] === 0x5a && input[2] === 0x68 && digit > 0x30 && digit < 0x3a;
}

/** Returns the offset behind the stream. */
function decodeStream(
  reader: ByteReader,
  output: GrowingOutput,
  options: CodecOptions,
): Result<number, SizeExceeded | Unsupported> {
  reader.slice(0, 4);
  if (!isStreamStart(reader.bytes)) reader.fail(0, "no bzip2 magic");
  const capacity = (reader.u8(3) - 0x30) * LEVEL_UNIT;
  const bits = new BitReader(reader, 4);
  let streamCrc = 0;
  for (;;) {
    const magicAt = bits.offset;
    const high = bits.bits(24);
    const low = bits.bits(24);
    const crc = bits.u32();
    if (high === END_MAGIC[0] && low === END_MAGIC[1]) {
      if (crc !== streamCrc) reader.fail(magicAt, "CRC of the stream does not match");
      bits.align();
      return ok(bits.offset);
    }
    if (high !== BLOCK_MAGIC[0] || low !== BLOCK_MAGIC[1])
      reader.fail(magicAt, "neither a block nor the end");
    if (bits.bits(1) !== 0) {
      const detail = "a randomised block, as bzip2 before 0.9.5 wrote them; the kernel refuses it too";
      return err({ reason: "unsupported", what: "bzip2 file", detail });
    }
    const bytes = expandRuns(decodeBzip2Block(bits, capacity), output);
    if (bytes === undefined) return tooLarge("bzip2", options);
    if (crcOf(bytes) !== crc) reader.fail(magicAt, "CRC of a block does not match");
    streamCrc = (((streamCrc << 1) | (streamCrc >>> 31)) ^ crc) >>> 0;
  }
}

/** Undoes the outermost run-length coding; undefined where the limit is reached. */
function expandRuns(coded: Uint8Array, output: GrowingOutput): Uint8Array | undefined {
  const bytes = output.take(runs(coded, () => undefined));
  if (bytes === undefined) return undefined;
  runs(coded, (byte, from, to) => bytes.fill(byte, from, to));
  return bytes;
}

function runs(coded: Uint8Array, emit: (byte: number, from: number, to: number) => void): number {
  let length = 0;
  for (let at = 0; at < coded.length; ) {
    const byte = coded[at] ?? 0;
    let equal = 1;
    while (equal < RUN && coded[at + equal] === byte) equal++;
    at += equal;
    // A run at the very end may lack its count, which is then 0.
    const run = equal < RUN ? equal : RUN + (coded[at++] ?? 0);
    emit(byte, length, length + run);
    length += run;
  }
  return length;
}

/** CRC-32 with the polynomial 04c11db7, highest bit first. */
function crcOf(bytes: Uint8Array): number {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) {
    crc = (crc << 8) ^ (CRC_TABLE[(crc >>> 24) ^ (bytes[i] ?? 0)] ?? 0);
  }
  return ~crc >>> 0;
}

const CRC_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc < 0 ? 0x04c11db7 : 0);
  return crc;
});
