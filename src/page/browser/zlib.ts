/**
 * Stands for `node:zlib` in the page: what the decoders use of it, on fflate. Without `inflateSync` of Node's own, gzip is inflated by
 * `formats/compression/inflate-portable.ts`.
 */
import { gzipSync as gzip, Inflate } from "fflate";

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) !== 0 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/** CRC-32 as zlib's, going on from `value`. */
export function crc32(bytes: Uint8Array, value = 0): number {
  let sum = ~value;
  for (let i = 0; i < bytes.length; i++) sum = (TABLE[(sum ^ (bytes[i] ?? 0)) & 0xff] ?? 0) ^ (sum >>> 8);
  return ~sum >>> 0;
}

/** What is given to fflate at once: it makes a thousand times as much of it at most before the limit is looked at. */
const CHUNK = 64 * 1024;

/** @throws an Error with the `code` of Node's own */
export function inflateRawSync(
  input: Uint8Array,
  { maxOutputLength }: { readonly maxOutputLength: number },
): Uint8Array {
  const parts: Uint8Array[] = [];
  let length = 0;
  let ended = false;
  const stream = new Inflate((chunk, final) => {
    parts.push(chunk);
    length += chunk.length;
    ended ||= final;
  });
  try {
    for (let at = 0; at < input.length && length <= maxOutputLength; at += CHUNK) {
      stream.push(input.subarray(at, at + CHUNK), at + CHUNK >= input.length);
    }
  } catch (error) {
    throw Object.assign(new Error(error instanceof Error ? error.message : String(error)), {
      code: "Z_DATA_ERROR",
    });
  }
  if (length > maxOutputLength) throw Object.assign(new Error("too long"), { code: "ERR_BUFFER_TOO_LARGE" });
  if (!ended) throw Object.assign(new Error("unexpected end of file"), { code: "Z_BUF_ERROR" });
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** As small as fflate makes it. */
export const gzipSync = (bytes: Uint8Array): Uint8Array => gzip(bytes, { level: 9 });

export default {};
