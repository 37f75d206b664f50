import { crc32, inflateRawSync, type ZlibOptions } from "node:zlib";
import { ByteReader, decoding } from "#bytes/reader.ts";
import { ok } from "#core/result.ts";
import { corrupt, tooLarge } from "./failures.ts";
import type { CodecOptions, Decompressor } from "./types.ts";

const MAGIC = 0x8b1f;
const DEFLATE = 8;
const FIXED_HEADER = 10;
const TRAILER = 8;
const FLAG = { HCRC: 2, EXTRA: 4, NAME: 8, COMMENT: 16, RESERVED: 0xe0 } as const;

/** With `info`, Node hands out its engine too, whose counter tells how much input the stream took. */
type WithInfo = { readonly buffer: Uint8Array; readonly engine: { readonly bytesWritten: number } };

/**
 * gzip (RFC 1952). Members that follow one another are one stream. Node inflates; headers and trailers are read
 * here because Node's own gunzip refuses bytes behind the stream unless they begin with a zero.
 */
export const decompressGzip: Decompressor = (input, options) => {
  const reader = new ByteReader(input, { format: "gzip", section: "compressed data", base: options.base });
  const parts: Uint8Array[] = [];
  let total = 0;
  let at = 0;
  do {
    const header = decoding(() => memberHeaderEnd(reader, at));
    if (!header.ok) return header;
    const member = inflate(input, header.value, { ...options, limit: options.limit - total });
    if (!member.ok) return member.failure.reason === "size-exceeded" ? tooLarge("gzip", options) : member;
    const { bytes, end } = member.value;
    const checked = decoding(() => checkTrailer(reader, end, bytes));
    if (!checked.ok) return checked;
    parts.push(bytes);
    total += bytes.length;
    at = end + TRAILER;
  } while (input.length - at >= 2 && reader.u16(at) === MAGIC);
  const [only] = parts;
  const bytes = parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
  return ok({ bytes, trailing: input.length - at });
};

/** ID1 ID2 CM FLG MTIME[4] XFL OS, then what FLG announces; returns where the deflate data begin. */
function memberHeaderEnd(reader: ByteReader, start: number): number {
  if (reader.u16(start) !== MAGIC) reader.fail(start, "no gzip magic");
  if (reader.u8(start + 2) !== DEFLATE) reader.fail(start + 2, `compression method ${reader.u8(start + 2)}`);
  const flags = reader.u8(start + 3);
  if ((flags & FLAG.RESERVED) !== 0) reader.fail(start + 3, "reserved flags are set");
  let at = start + FIXED_HEADER;
  if ((flags & FLAG.EXTRA) !== 0) at += 2 + reader.u16(at);
  for (const text of [FLAG.NAME, FLAG.COMMENT]) if ((flags & text) !== 0) at += reader.cString(at).length + 1;
  if ((flags & FLAG.HCRC) !== 0) {
    const expected = crc32(reader.slice(start, at - start)) & 0xffff;
    if (reader.u16(at) !== expected) reader.fail(at, "header checksum does not match");
    at += 2;
  }
  return at;
}

function inflate(input: Uint8Array, start: number, options: CodecOptions) {
  const settings: ZlibOptions & { info: true } = {
    info: true,
    // zlib takes no limit of 0; one byte too many is found below.
    maxOutputLength: Math.max(1, options.limit),
    chunkSize: 1024 * 1024,
  };
  try {
    const { buffer, engine } = inflateRawSync(input.subarray(start), settings) as unknown as WithInfo;
    if (buffer.length > options.limit) return tooLarge("gzip", options);
    return ok({ bytes: buffer, end: start + engine.bytesWritten });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ERR_BUFFER_TOO_LARGE") return tooLarge("gzip", options);
    if (code === "Z_BUF_ERROR") return corrupt("gzip", options, input.length, "stream is cut short");
    if (code?.startsWith("Z_")) return corrupt("gzip", options, start, message);
    throw error;
  }
}

/** CRC32 and ISIZE, the size modulo 2^32. */
function checkTrailer(reader: ByteReader, at: number, bytes: Uint8Array): void {
  if (reader.u32(at) !== crc32(bytes)) reader.fail(at, "CRC32 does not match");
  if (reader.u32(at + 4) !== bytes.length >>> 0) reader.fail(at + 4, "size does not match");
}
