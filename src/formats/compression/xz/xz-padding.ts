import type { ByteReader } from "#bytes/reader.ts";

const FIRST_OF_MAGIC = 0xfd;
const UNIT = 4;

/**
 * Behind the stream padding, which may stand between streams and behind the last: zero bytes, a multiple of four. What else follows a
 * stream belongs to no .xz file, the zeros before it included.
 *
 * Source: xz, doc/xz-file-format.txt 1.2, section 2.2.
 */
export function skipStreamPadding(reader: ByteReader, at: number): number {
  if (at === 0) return at;
  const { bytes } = reader;
  let end = at;
  while (bytes[end] === 0) end++;
  const whole = (end - at) % UNIT === 0;
  if (end < bytes.length && bytes[end] !== FIRST_OF_MAGIC) return at;
  if (end < bytes.length && !whole)
    reader.fail(at, `stream padding of ${end - at} bytes, not a multiple of 4`);
  return whole ? end : at;
}
