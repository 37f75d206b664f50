import { crc32, gzipSync } from "node:zlib";
import { ByteReader, decoding } from "#bytes/reader.ts";
import { ok, type Result } from "#core/result.ts";
import { chooseInflater } from "./inflate.ts";
import type {
  CodecOptions,
  Compressor,
  Decompressed,
  DecompressFailure,
  Decompressor,
  Inflater,
} from "./types.ts";

const MAGIC = 0x8b1f;
const DEFLATE = 8;
const FIXED_HEADER = 10;
const TRAILER = 8;
/** Deflate makes no more of a byte (zlib's "Technical Details": 1032:1). */
const MAX_RATIO = 1032;
const FLAG = { HCRC: 2, EXTRA: 4, NAME: 8, COMMENT: 16, RESERVED: 0xe0 } as const;

/** gzip as `decompressGzipBy` reads it, by the fastest inflater that the runtime has. */
export const decompressGzip: Decompressor = async (input, options) =>
  decompressGzipBy(await chooseInflater(), input, options);

/** What kernel builds write with `gzip -n -9`: no name, no time. Needs node:zlib. */
export const compressGzip: Compressor = (bytes) => gzipSync(bytes, { level: 9 });

/**
 * One member of a gzip file (RFC 1952). Headers and trailers are read here because Node's own gunzip refuses bytes behind
 * the stream unless they begin with a zero.
 */
export function decompressGzipBy(
  inflate: Inflater,
  input: Uint8Array,
  options: CodecOptions,
): Result<Decompressed, DecompressFailure> {
  const { base, limit } = options;
  const reader = new ByteReader(input, { format: "gzip", section: "compressed data", base });
  const header = decoding(() => memberHeaderEnd(reader, 0));
  if (!header.ok) return header;
  const expected = Math.min(limit, likelySize(input));
  const member = inflate(input, header.value, { base, limit, expected });
  if (!member.ok) return member;
  const { bytes, end } = member.value;
  const checked = decoding(() => checkTrailer(reader, end, bytes));
  if (!checked.ok) return checked;
  return ok({ bytes, trailing: input.length - end - TRAILER });
}

/** What the last trailer states: of one member with nothing behind it, the size; else a number that deflate could reach. */
function likelySize(input: Uint8Array): number {
  if (input.length < FIXED_HEADER + TRAILER) return 0;
  const last = new DataView(input.buffer, input.byteOffset + input.length - 4, 4).getUint32(0, true);
  return Math.min(last, input.length * MAX_RATIO);
}

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

/** CRC32 and ISIZE, the size modulo 2^32. */
function checkTrailer(reader: ByteReader, at: number, bytes: Uint8Array): void {
  if (reader.u32(at) !== crc32(bytes)) reader.fail(at, "CRC32 does not match");
  if (reader.u32(at + 4) !== bytes.length >>> 0) reader.fail(at + 4, "size does not match");
}
