import { crc32 } from "node:zlib";
import { ByteReader, decoding } from "#bytes/reader.ts";
import type { Unsupported } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { adler32 } from "#formats/compression/adler32.ts";
import { tooLarge } from "#formats/compression/failures.ts";
import type { Decompressor } from "#formats/compression/types.ts";
import { decodeLzo1x } from "./lzo1x.ts";

export const LZOP_MAGIC = [0x89, 0x4c, 0x5a, 0x4f, 0x00, 0x0d, 0x0a, 0x1a, 0x0a] as const;
/** lzop's block size, and the largest that the kernel takes. */
export const LZOP_BLOCK_SIZE = 256 * 1024;

/** Header flags: checksums of the uncompressed (D) or compressed (C) blocks, and of the header. */
const FLAG = {
  ADLER32_D: 0x1,
  ADLER32_C: 0x2,
  EXTRA_FIELD: 0x40,
  CRC32_D: 0x100,
  CRC32_C: 0x200,
  MULTIPART: 0x400,
  FILTER: 0x800,
  HEADER_CRC32: 0x1000,
} as const;
/** Where the flags stand since lzop 0.940 of 1997, the only layout that the kernel reads. */
const FLAGS_AT = 17;
const OLDEST_VERSION = 0x0940;

type Block = { readonly start: number; readonly end: number; readonly size: number; readonly sum: number };

/**
 * The container of lzop, as far as kernels read it: every number big-endian.
 *
 *     magic[9]  u16 version  u16 library  u16 needed version  u8 method  u8 level  u32 flags  [u32 filter]
 *     u32 mode  u32 time  u32 time, high half  u8 length and file name  u32 checksum
 *
 * Then blocks of u32 size, u32 compressed size (the same for a block that is stored), one u32 checksum of the uncompressed bytes,
 * and the data; a size of 0 ends the stream. The kernel skips one checksum a block whatever the flags say; a file with another number
 * of them is therefore refused with `unsupported`, as are filters and extra fields.
 *
 * Source: Linux, lib/decompress_unlzo.c; lzop 1.04 for the flags and checksums that the kernel skips.
 */
export const decompressLzop: Decompressor = (input, options) => {
  const decoded = decoding(() => {
    const reader = new ByteReader(input, {
      format: "lzo",
      section: "compressed data",
      base: options.base,
      littleEndian: false,
    });
    const header = readHeader(reader);
    if (!header.ok) return header;
    const { blocks, end } = walkBlocks(reader, header.value.end);
    const size = blocks.reduce((sum, block) => sum + block.size, 0);
    if (size > options.limit) return tooLarge("lzo", options, size);
    const bytes = new Uint8Array(size);
    let at = 0;
    for (const block of blocks) {
      const output = bytes.subarray(at, at + block.size);
      decodeBlock(reader, block, output);
      const sum = header.value.crc ? crc32(output) : adler32(output);
      if (sum !== block.sum) {
        reader.fail(block.start - 4, `${header.value.crc ? "CRC32" : "Adler-32"} of a block does not match`);
      }
      at += block.size;
    }
    return ok({ bytes, trailing: input.length - end });
  });
  return decoded.ok ? decoded.value : decoded;
};

function readHeader(reader: ByteReader): Result<{ end: number; crc: boolean }, Unsupported> {
  LZOP_MAGIC.forEach((byte, i) => {
    if (reader.u8(i) !== byte) reader.fail(0, "no lzop magic");
  });
  if (reader.u16(9) < OLDEST_VERSION) reader.fail(9, `written by version 0x${reader.u16(9).toString(16)}`);
  const method = reader.u8(15);
  if (method < 1 || method > 3) reader.fail(15, `compression method ${method}`);
  const flags = reader.u32(FLAGS_AT);
  let at = FLAGS_AT + ((flags & FLAG.FILTER) === 0 ? 4 : 8) + 12;
  at += 1 + reader.u8(at);
  const content = reader.slice(LZOP_MAGIC.length, at - LZOP_MAGIC.length);
  const sum = (flags & FLAG.HEADER_CRC32) === 0 ? adler32(content) : crc32(content);
  if (reader.u32(at) !== sum) reader.fail(at, "checksum of the header does not match");

  const odd = unsupportedFlags(flags);
  if (odd !== undefined) return err({ reason: "unsupported", what: "lzop file", detail: odd });
  return ok({ end: at + 4, crc: (flags & FLAG.CRC32_D) !== 0 });
}

function unsupportedFlags(flags: number): string | undefined {
  if ((flags & FLAG.FILTER) !== 0) return "has a filter, which the kernel does not undo";
  if ((flags & FLAG.EXTRA_FIELD) !== 0) return "has an extra header field, which the kernel does not skip";
  if ((flags & FLAG.MULTIPART) !== 0) return "is a part of several";
  const ofContent = flags & (FLAG.ADLER32_D | FLAG.CRC32_D);
  const one = ofContent === FLAG.ADLER32_D || ofContent === FLAG.CRC32_D;
  if (one && (flags & (FLAG.ADLER32_C | FLAG.CRC32_C)) === 0) return undefined;
  return "has not exactly one checksum, of the uncompressed bytes, for each block: the kernel skips one";
}

/** Finds every block by the headers alone, so that the size of the output is known before there is any. */
function walkBlocks(reader: ByteReader, start: number) {
  const blocks: Block[] = [];
  let at = start;
  for (;;) {
    const size = reader.u32(at);
    if (size === 0) return { blocks, end: at + 4 };
    if (size > LZOP_BLOCK_SIZE) reader.fail(at, `block of ${size} bytes, at most ${LZOP_BLOCK_SIZE}`);
    const compressed = reader.u32(at + 4);
    if (compressed === 0 || compressed > size) {
      reader.fail(at + 4, `block of ${size} bytes with ${compressed} compressed ones`);
    }
    const sum = reader.u32(at + 8);
    reader.slice(at + 12, compressed);
    blocks.push({ start: at + 12, end: at + 12 + compressed, size, sum });
    at += 12 + compressed;
  }
}

function decodeBlock(reader: ByteReader, block: Block, output: Uint8Array): void {
  if (block.end - block.start === block.size) {
    output.set(reader.slice(block.start, block.size));
    return;
  }
  const stop = decodeLzo1x(reader, block, output);
  if (stop !== "filled") {
    reader.fail(
      block.start,
      `block decodes to ${stop === "too-long" ? "more" : "less"} than ${block.size} bytes`,
    );
  }
}
