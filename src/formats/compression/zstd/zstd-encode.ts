import zlib from "node:zlib";
import { ByteWriter } from "#bytes/writer.ts";
import type { Compressor } from "#formats/compression/types.ts";

const MAGIC = 0xfd2fb528;
const MAX_BLOCK = 128 * 1024;
/** Content size in 8 bytes; no checksum, no dictionary; a window of its own. */
const DESCRIPTOR = 0xc0;
/** 2^(10 + 7) = 128 KiB. */
const WINDOW = 7 << 3;
const HEADER_SIZE = 14;
const RAW = 0;
const RUN = 1;

/** Node has zstd since 22.15; the types are those of Node 20. */
const native = (zlib as unknown as { readonly zstdCompressSync?: (input: Uint8Array) => Uint8Array })
  .zstdCompressSync;

/** By Node's own encoder where it has one; else the frame of `frameOfRawBlocks`, so the bytes depend on Node's version. */
export const compressZstd: Compressor = (bytes) => native?.(bytes) ?? frameOfRawBlocks(bytes);

/**
 * A Zstandard frame that compresses nothing but blocks of one byte value: valid for every decoder, and as
 * long as the input.
 *
 * Source: RFC 8878, section 3.1.1.
 */
export const frameOfRawBlocks: Compressor = (bytes) => {
  // Of nothing there is one empty block, since the last block is what ends a frame.
  const blocks = Array.from({ length: Math.max(1, Math.ceil(bytes.length / MAX_BLOCK)) }, (_, i) => {
    const content = bytes.subarray(i * MAX_BLOCK, (i + 1) * MAX_BLOCK);
    const run = content.length > 1 && content.every((byte) => byte === content[0]);
    return { size: content.length, type: run ? RUN : RAW, data: run ? content.subarray(0, 1) : content };
  });
  const size = blocks.reduce((sum, block) => sum + 3 + block.data.length, HEADER_SIZE);
  const out = new ByteWriter(size).u32(0, MAGIC).u8(4, DESCRIPTOR).u8(5, WINDOW).u64(6, bytes.length);
  let at = HEADER_SIZE;
  blocks.forEach((block, i) => {
    const last = i === blocks.length - 1 ? 1 : 0;
    const header = (block.size << 3) | (block.type << 1) | last;
    out
      .u16(at, header & 0xffff)
      .u8(at + 2, header >>> 16)
      .put(at + 3, block.data);
    at += 3 + block.data.length;
  });
  return out.bytes;
};
