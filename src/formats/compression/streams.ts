import { ByteReader, decoding } from "#bytes/reader.ts";
import { ok, type Result } from "#core/result.ts";
import { corrupt } from "./failures.ts";
import type { Codec, CodecOptions, Decompressed, DecompressFailure } from "./types.ts";

/** bgzip's are the smallest, of 64 KiB: 8,192 make the 512 MiB that there may be. */
const MAX_STREAMS = 16_384;

/**
 * Decodes all the streams that follow one another, as the format's own tool does, so that a part is never taken for the
 * whole. What begins as a stream is one: where it is damaged, that is a failure, and not something else behind the first.
 */
export async function decompressAll(
  codec: Codec,
  input: Uint8Array,
  options: CodecOptions,
): Promise<Result<Decompressed, DecompressFailure>> {
  const decode = await codec.load();
  const { base, limit } = options;
  const reader = new ByteReader(input, { format: codec.name, section: "compressed data", base });
  const next = (at: number) => decoding(() => codec.next?.(reader, at) ?? at);
  const parts: Uint8Array[] = [];
  let total = 0;
  let start = next(0);
  while (start.ok) {
    const at = start.value;
    if (parts.length > 0 && (codec.next === undefined || !begins(codec, input, at))) {
      const [only] = parts;
      const bytes = parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
      return ok({ bytes, trailing: input.length - at });
    }
    if (parts.length === MAX_STREAMS) {
      return corrupt(codec.name, options, at, `more than ${MAX_STREAMS} streams`);
    }
    const sizeHint = parts.length === 0 ? options.sizeHint : undefined;
    const stream = await decode(input.subarray(at), { limit: limit - total, sizeHint, base: base + at });
    if (!stream.ok) return { ok: false, failure: ofAll(stream.failure, total) };
    parts.push(parts.length === 0 ? stream.value.bytes : compact(stream.value.bytes));
    total += stream.value.bytes.length;
    start = next(input.length - stream.value.trailing);
  }
  return start;
}

/** A view of a buffer that is much larger would keep all of that, for each of thousands of streams. */
function compact(bytes: Uint8Array): Uint8Array {
  return bytes.length < bytes.buffer.byteLength / 2 ? new Uint8Array(bytes) : bytes;
}

/** Whether the codec's magic number stands at `at`, or as much of it as there still is. */
function begins(codec: Codec, input: Uint8Array, at: number): boolean {
  const left = input.length - at;
  return left > 0 && codec.magic.slice(0, left).every((byte, i) => input[at + i] === byte);
}

/** The sizes in a later stream's failure as those of all. */
function ofAll(failure: DecompressFailure, before: number): DecompressFailure {
  if (failure.reason !== "size-exceeded" || !failure.what.startsWith("decompressed")) return failure;
  return { ...failure, size: failure.size + before, limit: failure.limit + before };
}
