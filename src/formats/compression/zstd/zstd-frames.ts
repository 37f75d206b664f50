import { ByteReader, decoding } from "#bytes/reader.ts";
import type { Malformed } from "#core/failure.ts";
import type { Result } from "#core/result.ts";

/** What a frame's headers tell without decoding a block. */
export type ZstdExtent = {
  /** Where the frame ends: what follows is no part of it. */
  readonly end: number;
  /** Bytes of output: exact if the frame states its size, else no less than there can be. */
  readonly bound: number;
  readonly exact: boolean;
  /** In bytes. */
  readonly window: number;
  /** Whether the frame needs a dictionary. */
  readonly dictionary: boolean;
};

const MAGIC = 0xfd2fb528;
const MAX_BLOCK = 128 * 1024;
const BLOCK_RAW = 0;
const BLOCK_RLE = 1;
const BLOCK_RESERVED = 3;
const DICTIONARY_ID_SIZES = [0, 1, 2, 4] as const;

/**
 * Walks the Zstandard frame that the input begins with. It fails on a truncated one, so that a decoder gets a complete
 * frame only, and finds out how much output there can be before any is made.
 *
 * Source: RFC 8878, section 3.1.1.
 */
export function zstdExtent(input: Uint8Array, base: number): Result<ZstdExtent, Malformed> {
  return decoding(() =>
    walkFrame(new ByteReader(input, { format: "zstd", section: "compressed data", base })),
  );
}

function walkFrame(reader: ByteReader): ZstdExtent {
  if (reader.u32(0) !== MAGIC) reader.fail(0, "no zstd magic");
  const descriptor = reader.u8(4);
  if ((descriptor & 0x08) !== 0) reader.fail(4, "reserved bit of the frame header is set");
  const singleSegment = (descriptor & 0x20) !== 0;
  let at = 5;

  let window = 0;
  if (!singleSegment) {
    const byte = reader.u8(at++);
    const power = 2 ** (10 + (byte >>> 3));
    window = power + (power / 8) * (byte & 7);
  }
  const idSize = DICTIONARY_ID_SIZES[descriptor & 3] ?? 0;
  const dictionary = reader.slice(at, idSize).some((byte) => byte !== 0);
  at += idSize;

  const declared = readContentSize(reader, at, descriptor >>> 6, singleSegment);
  at += declared.length;
  if (singleSegment) window = declared.size ?? 0;

  const blocks = walkBlocks(reader, at, Math.min(window, MAX_BLOCK));
  at = blocks.end;
  if (declared.size !== undefined && declared.size > blocks.bound) {
    // Refused here, before anyone allocates what a few bytes only claim to hold.
    reader.fail(0, `frame declares ${declared.size} bytes, its blocks hold ${blocks.bound} at most`);
  }
  if ((descriptor & 0x04) !== 0) {
    reader.slice(at, 4);
    at += 4;
  }
  const exact = declared.size !== undefined;
  return { end: at, bound: declared.size ?? blocks.bound, exact, window, dictionary };
}

function readContentSize(
  reader: ByteReader,
  at: number,
  flag: number,
  singleSegment: boolean,
): { readonly size: number | undefined; readonly length: number } {
  if (flag === 1) return { size: reader.u16(at) + 256, length: 2 };
  if (flag === 2) return { size: reader.u32(at), length: 4 };
  if (flag === 3) return { size: reader.size64(at), length: 8 };
  return singleSegment ? { size: reader.u8(at), length: 1 } : { size: undefined, length: 0 };
}

/** A block: u24 header (bit 0 last, bits 1-2 type, then the size), then its bytes; an RLE block has one. */
function walkBlocks(reader: ByteReader, start: number, maxBlock: number) {
  let at = start;
  let bound = 0;
  for (;;) {
    const header = reader.u16(at) | (reader.u8(at + 2) << 16);
    const type = (header >>> 1) & 3;
    const size = header >>> 3;
    if (type === BLOCK_RESERVED) reader.fail(at, "block of the reserved type");
    const inInput = type === BLOCK_RLE ? 1 : size;
    reader.slice(at + 3, inInput);
    bound += type === BLOCK_RAW || type === BLOCK_RLE ? size : maxBlock;
    at += 3 + inInput;
    if ((header & 1) !== 0) return { end: at, bound };
  }
}
