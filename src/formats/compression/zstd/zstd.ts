import zlib from "node:zlib";
import { ok, type Result } from "#core/result.ts";
import { corrupt, tooLarge } from "#formats/compression/failures.ts";
import type {
  CodecOptions,
  Decompressed,
  DecompressFailure,
  Decompressor,
} from "#formats/compression/types.ts";
import { type ZstdExtent, zstdExtent } from "./zstd-frames.ts";

/** The kernel's own limit (lib/decompress_unzstd.c) and the decoders' default: 128 MiB. */
const WINDOW_LIMIT = 128 * 1024 * 1024;

const MEBIBYTE = 1024 * 1024;
/** zlib.Z_MIN_CHUNK */
const SMALLEST_CHUNK = 64;

/** Node has zstd since 22.15; the types are those of Node 20, the oldest that kexec-bpf runs on. */
const native = (
  zlib as unknown as {
    readonly zstdDecompressSync?: (input: Uint8Array, options: object) => Uint8Array;
  }
).zstdDecompressSync;

/** One Zstandard frame (RFC 8878), by Node's own decoder where it has one, else by the WebAssembly build of libzstd. */
export const decompressZstd: Decompressor = async (input, options) => {
  const walked = zstdExtent(input, options.base);
  if (!walked.ok) return walked;
  const extent = walked.value;
  if (extent.dictionary) return corrupt("zstd", options, 0, "needs a dictionary");
  if (extent.window > WINDOW_LIMIT && !(extent.exact && extent.bound <= options.limit)) {
    return tooLarge("zstd window", { limit: WINDOW_LIMIT }, extent.window);
  }
  if (extent.exact && extent.bound > options.limit) return tooLarge("zstd", options, extent.bound);
  const frame = input.subarray(0, extent.end);
  const decoded =
    native === undefined
      ? await decodeWasm(frame, extent, options)
      : decodeNative(native, frame, extent, options);
  return decoded.ok ? ok({ bytes: decoded.value, trailing: input.length - extent.end }) : decoded;
};

type Output = Result<Decompressed["bytes"], DecompressFailure>;

function decodeNative(
  decode: NonNullable<typeof native>,
  frame: Uint8Array,
  extent: ZstdExtent,
  options: CodecOptions,
): Output {
  try {
    const maxOutputLength = Math.max(1, Math.min(extent.bound, options.limit));
    // One chunk for everything, and a byte more, so that no chunks are put together; what is not written takes no memory.
    const chunkSize = Math.max(SMALLEST_CHUNK, maxOutputLength + 1);
    return ok(decode(frame, { maxOutputLength, chunkSize }));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ERR_BUFFER_TOO_LARGE") return tooLarge("zstd", options);
    if (code?.startsWith("ZSTD_")) return corrupt("zstd", options, 0, message);
    throw error;
  }
}

/** What zstddec's memory (at most 2 GiB) is asked to hold of output. */
const WASM_LIMIT = 1024 * 1024 * 1024;
/** Room for output beyond the limit. */
const BEYOND = 64 * MEBIBYTE;
/** From this much output on, it comes out in pieces: the whole twice in memory is more than a program may take. */
const IN_PIECES = 64 * MEBIBYTE;
/** Bytes that zstddec may have lost in its memory before nothing comes in pieces any more. */
const MOST_LOST = 512 * MEBIBYTE;
/** zstddec frees nothing of a frame that it does not come to the end of. */
let lost = 0;

/**
 * zstddec reports every error of libzstd by an empty result, and allocates what it is told to: hence the
 * sizes from the frame's header. The hint is tried first, as the bound of a frame that does not state its size may be
 * several times too high. A failure with the room of the limit is tried with some more, to tell output
 * beyond the limit from a corrupt block.
 */
async function decodeWasm(frame: Uint8Array, extent: ZstdExtent, options: CodecOptions): Promise<Output> {
  if (extent.bound === 0) return ok(new Uint8Array(0));
  const { ZSTDDecoder } = await import("zstddec/stream");
  const decoder = new ZSTDDecoder();
  await decoder.init();
  if (extent.bound > IN_PIECES && extent.window <= WINDOW_LIMIT && lost < MOST_LOST)
    return inPieces(() => decodeInPieces(decoder.decodeStreaming([frame]), frame, extent, options), options);
  const { limit, sizeHint } = options;
  const rooms = [limit, Math.max(limit + Math.min(limit, BEYOND), MEBIBYTE)];
  if (sizeHint !== undefined && sizeHint < Math.min(extent.bound, limit)) rooms.unshift(sizeHint);
  for (const room of rooms) {
    const capacity = Math.min(room, extent.bound, WASM_LIMIT);
    if (capacity === 0) continue; // zstddec takes 0 for "unknown".
    const bytes = decoder.decode(frame, capacity);
    if (bytes.length > limit) return tooLarge("zstd", options, bytes.length);
    if (bytes.length > 0 && (!extent.exact || bytes.length === extent.bound)) return ok(bytes);
    if (capacity === extent.bound) return corrupt("zstd", options, 0, CORRUPT);
  }
  return corrupt("zstd", options, 0, `does not decode to ${limit} bytes or less`);
}

const CORRUPT = "a block or the checksum is corrupt";

/** zstddec throws where libzstd wants more input at the end. */
function inPieces(decode: () => Output, options: CodecOptions): Output {
  try {
    return decode();
  } catch (error) {
    if (error instanceof Error && error.message.startsWith("Incomplete stream"))
      return corrupt("zstd", options, 0, CORRUPT);
    throw error;
  }
}

/**
 * Puts the pieces of a frame's output together.
 *
 * An error of libzstd is a piece of nothing, time and again; the last call of a good frame may give one, too.
 */
function decodeInPieces(
  pieces: Iterable<Uint8Array>,
  frame: Uint8Array,
  extent: ZstdExtent,
  options: CodecOptions,
): Output {
  const out = new Uint8Array(Math.min(extent.bound, options.limit));
  let [size, empty] = [0, 0];
  const held = frame.length + extent.window;
  lost += held;
  for (const piece of pieces) {
    empty = piece.length === 0 ? empty + 1 : 0;
    if (empty > 1) return corrupt("zstd", options, 0, CORRUPT);
    if (size + piece.length > out.length) {
      const beyond = size + piece.length;
      return beyond > options.limit ? tooLarge("zstd", options) : corrupt("zstd", options, 0, CORRUPT);
    }
    out.set(piece, size);
    size += piece.length;
  }
  lost -= held;
  if (extent.exact && size !== extent.bound) return corrupt("zstd", options, 0, CORRUPT);
  return ok(out.subarray(0, size));
}
