import { inflateRawSync } from "node:zlib";
import { ByteReader, decoding } from "#bytes/reader.ts";
import type { Failure, Malformed } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { decompress, detectCodec } from "#formats/compression/codecs.ts";
import { DECOMPRESSED_LIMIT } from "#formats/compression/types.ts";

export type DecompressedKernel = {
  readonly bytes: Uint8Array;
  /** The codec's name: `gzip`. */
  readonly compression: string;
};

/**
 * Decompresses as the kernel does for a DECOMPRESS command: the stream's own magic number tells the
 * compression, and the result has at most `limit` bytes.
 *
 * Errors: `unsupported` for a magic number that nobody knows, those of `decompress()`.
 *
 * Source: Linux, lib/decompress.c.
 */
export async function kernelDecompress(
  payload: Uint8Array,
  limit = DECOMPRESSED_LIMIT,
): Promise<Result<DecompressedKernel>> {
  const codec = detectCodec(payload);
  if (codec === undefined) {
    const head = Buffer.from(payload.subarray(0, 4)).toString("hex");
    return err<Failure>({
      reason: "unsupported",
      what: "compression",
      detail: `no decompressor knows a stream that begins with ${head === "" ? "nothing" : head}`,
    });
  }
  const decompressed =
    codec.name === "gzip"
      ? gunzip(payload, limit)
      : await decompress(codec, payload, { limit, streams: "first" });
  if (!decompressed.ok) return decompressed;
  return ok({ bytes: decompressed.value.bytes, compression: codec.name });
}

const FIXED_HEADER = 10;
const HAS_NAME = 8;

/**
 * The kernel's own gunzip (lib/decompress_inflate.c): of the header's optional fields it knows the file name only,
 * and it never looks at the CRC and the size behind the data, so that they may as well be missing. This is why the
 * `payload_size - 4` of the series' first parsers went unnoticed.
 */
function gunzip(payload: Uint8Array, limit: number): Result<{ readonly bytes: Uint8Array }> {
  const start = decoding(() => {
    const header = new ByteReader(payload, { format: "gzip", section: "compressed data" });
    if (header.u8(2) !== 8) header.fail(2, `compression method ${header.u8(2)}`);
    const name = (header.u8(3) & HAS_NAME) === 0 ? 0 : header.cString(FIXED_HEADER).length + 1;
    header.slice(0, FIXED_HEADER + name);
    return FIXED_HEADER + name;
  });
  if (!start.ok) return start;
  try {
    const bytes = inflateRawSync(payload.subarray(start.value), {
      // zlib takes no limit of 0.
      maxOutputLength: Math.max(1, limit),
      chunkSize: 1024 * 1024,
    });
    return bytes.length > limit ? tooLarge(limit) : ok({ bytes });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ERR_BUFFER_TOO_LARGE") return tooLarge(limit);
    if (!code?.startsWith("Z_")) throw error;
    return err<Malformed>({
      reason: "malformed",
      format: "gzip",
      section: "compressed data",
      offset: start.value,
      detail: message,
    });
  }
}

function tooLarge(limit: number): Result<never> {
  return err({ reason: "size-exceeded", what: "decompressed gzip data", size: limit + 1, limit });
}
