import { adler32 } from "#formats/compression/adler32.ts";
import { GrowingOutput } from "#formats/compression/growing-output.ts";
import type { Compressor } from "#formats/compression/types.ts";
import { encodeLzo1x } from "./lzo1x-encode.ts";
import { LZOP_BLOCK_SIZE, LZOP_MAGIC } from "./lzop.ts";

/** lzop 1.04, liblzo 2.10, readable since 0.940; method LZO1X-1, level 3; Adler-32 of the content, made on Unix. */
const VERSIONS_TO_FLAGS = [0x10, 0x40, 0x20, 0xa0, 0x09, 0x40, 1, 3, 0x03, 0x00, 0x00, 0x01] as const;
/** Mode 0, both halves of the time 0, a file name of no characters. */
const NO_FILE = Array<number>(13).fill(0);

/** Writes the lzop container (see `decompressLzop`); blocks that do not shrink are stored. */
export const compressLzop: Compressor = (bytes) => {
  const out = new GrowingOutput(Number.POSITIVE_INFINITY, (bytes.length >>> 1) + 64);
  const header = Uint8Array.from([...VERSIONS_TO_FLAGS, ...NO_FILE]);
  out.append(LZOP_MAGIC);
  out.append(header);
  out.append(bigEndian(adler32(header)));
  for (let start = 0; start < bytes.length; start += LZOP_BLOCK_SIZE) {
    const block = bytes.subarray(start, start + LZOP_BLOCK_SIZE);
    const encoded = new GrowingOutput(Number.POSITIVE_INFINITY, LZOP_BLOCK_SIZE);
    encodeLzo1x(block, 0, block.length, encoded);
    const data = encoded.length < block.length ? encoded.bytes : block;
    out.append(bigEndian(block.length));
    out.append(bigEndian(data.length));
    out.append(bigEndian(adler32(block)));
    out.append(data);
  }
  out.append(bigEndian(0));
  return out.bytes;
};

function bigEndian(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}
