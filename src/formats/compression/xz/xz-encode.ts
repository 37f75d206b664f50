import { crc32 } from "node:zlib";
import { alignUp } from "#bytes/align.ts";
import { ByteWriter } from "#bytes/writer.ts";
import type { Compressor } from "#formats/compression/types.ts";

const HEADER_MAGIC = Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0);
const FOOTER_MAGIC = 0x5a59;
const CHECK_CRC32 = 1;
const CHECK_SIZE = 4;
const STREAM_HEADER = 12;
const BLOCK_HEADER = 12;
const FOOTER = 12;
const LZMA2 = 0x21;
/** A dictionary of 64 KiB: nothing refers back, decoders only want a size. */
const DICTIONARY = 8;
const CHUNK = 64 * 1024;
const CHUNK_HEADER = 3;

/**
 * Writes one .xz stream that stores its content: uncompressed LZMA2 chunks in one block with a CRC32, the
 * check that kernels have.
 *
 * Source: xz, doc/xz-file-format.txt 1.2.
 */
export const compressXz: Compressor = (bytes) => {
  const chunks = Math.ceil(bytes.length / CHUNK);
  const dataSize = bytes.length + chunks * CHUNK_HEADER + 1;
  const dataAt = STREAM_HEADER + BLOCK_HEADER;
  const checkAt = alignUp(dataAt + dataSize, 4);
  const indexAt = checkAt + CHECK_SIZE;
  const index = encodeIndex(BLOCK_HEADER + dataSize + CHECK_SIZE, bytes.length);
  const footerAt = indexAt + index.length;
  const out = new ByteWriter(footerAt + FOOTER);

  out.put(0, HEADER_MAGIC).u8(7, CHECK_CRC32);
  out.u32(8, crc32(out.bytes.subarray(6, 8)));
  // Size in words less 1; flags: one filter, no sizes; LZMA2 with one byte of properties; padding.
  out.put(STREAM_HEADER, Uint8Array.of(BLOCK_HEADER / 4 - 1, 0, LZMA2, 1, DICTIONARY));
  out.u32(dataAt - 4, crc32(out.bytes.subarray(STREAM_HEADER, dataAt - 4)));
  for (let i = 0; i < chunks; i++) {
    const content = bytes.subarray(i * CHUNK, (i + 1) * CHUNK);
    const at = dataAt + i * (CHUNK + CHUNK_HEADER);
    const less = content.length - 1;
    // The first chunk empties the dictionary.
    out.put(at, Uint8Array.of(i === 0 ? 1 : 2, less >>> 8, less)).put(at + CHUNK_HEADER, content);
  }
  out.u32(checkAt, crc32(bytes)).put(indexAt, index);
  out
    .u32(footerAt + 4, index.length / 4 - 1)
    .u8(footerAt + 9, CHECK_CRC32)
    .u16(footerAt + 10, FOOTER_MAGIC);
  out.u32(footerAt, crc32(out.bytes.subarray(footerAt + 4, footerAt + 10)));
  return out.bytes;
};

/** 00, one record, zero padding to a multiple of 4, CRC32. */
function encodeIndex(unpaddedSize: number, uncompressedSize: number): Uint8Array {
  const content = [0, 1, ...variableLength(unpaddedSize), ...variableLength(uncompressedSize)];
  const padded = alignUp(content.length, 4);
  const out = new ByteWriter(padded + 4).put(0, Uint8Array.from(content));
  return out.u32(padded, crc32(out.bytes.subarray(0, padded))).bytes;
}

/** Groups of 7 bits, lowest first; each byte but the last has its top bit set. */
function variableLength(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...variableLength(Math.floor(value / 0x80))];
}
