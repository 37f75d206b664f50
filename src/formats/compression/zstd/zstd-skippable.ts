import type { ByteReader } from "#bytes/reader.ts";

/** 0x184D2A50 to 0x184D2A5F. */
const MAGIC = 0x184d2a50;
const MAGIC_MASK = 0xffff_fff0;
const HEADER_SIZE = 8;

/**
 * Behind the skippable frames that stand at `at`: magic number, u32 size, so many bytes. They may stand before, between and behind
 * Zstandard frames; pzstd writes one before each.
 *
 * Source: RFC 8878, section 3.1.2.
 */
export function skipSkippableFrames(reader: ByteReader, start: number): number {
  let at = start;
  while (reader.length - at >= HEADER_SIZE && (reader.u32(at) & MAGIC_MASK) >>> 0 === MAGIC) {
    const size = reader.u32(at + 4);
    reader.slice(at + HEADER_SIZE, size);
    at += HEADER_SIZE + size;
  }
  return at;
}
