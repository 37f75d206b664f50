import { ByteReader, decoding } from "#bytes/reader.ts";
import type { Unsupported } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { standingAside } from "#core/signals.ts";
import { skipStreamPadding } from "#formats/compression/xz/xz-padding.ts";
import { skipSkippableFrames } from "#formats/compression/zstd/zstd-skippable.ts";
import { decompressAll } from "./streams.ts";
import {
  type Codec,
  DECOMPRESSED_LIMIT,
  type Decompressed,
  type DecompressFailure,
  type DecompressOptions,
} from "./types.ts";

export type { Codec } from "./types.ts";

/** Streams that follow one another with nothing between them. */
const adjacent: Codec["next"] = (_reader, at) => at;

/**
 * The compressions of Linux kernel images (lib/decompress.c has the magic numbers,
 * drivers/firmware/efi/libstub/Makefile.zboot the names).
 */
export const CODECS: readonly Codec[] = [
  {
    name: "gzip",
    zbootNames: ["gzip"],
    magic: [0x1f, 0x8b],
    next: adjacent,
    load: async () => (await import("./gzip.ts")).decompressGzip,
    loadEncoder: async () => (await import("./gzip.ts")).compressGzip,
  },
  {
    name: "zstd",
    zbootNames: ["zstd22", "zstd"],
    magic: [0x28, 0xb5, 0x2f, 0xfd],
    next: skipSkippableFrames,
    load: async () => (await import("#formats/compression/zstd/zstd.ts")).decompressZstd,
    loadEncoder: async () => (await import("#formats/compression/zstd/zstd-encode.ts")).compressZstd,
  },
  {
    name: "xz",
    zbootNames: ["xzkern", "xz"],
    magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
    next: skipStreamPadding,
    load: async () => (await import("#formats/compression/xz/xz.ts")).decompressXz,
    loadEncoder: async () => (await import("#formats/compression/xz/xz-encode.ts")).compressXz,
  },
  {
    name: "lz4",
    zbootNames: ["lz4"],
    magic: [0x02, 0x21, 0x4c, 0x18],
    load: async () => (await import("#formats/compression/lz4/lz4-legacy.ts")).decompressLz4Legacy,
    loadEncoder: async () => (await import("#formats/compression/lz4/lz4-encode.ts")).compressLz4Legacy,
  },
  {
    name: "lzma",
    zbootNames: ["lzma"],
    // The properties byte of lc=3 lp=0 pb=2, which every encoder in use writes, and a dictionary of whole 64 KiB.
    magic: [0x5d, 0x00, 0x00],
    load: async () => (await import("#formats/compression/lzma/lzma-alone.ts")).decompressLzmaAlone,
    loadEncoder: async () =>
      (await import("#formats/compression/lzma/lzma-alone-encode.ts")).compressLzmaAlone,
  },
  {
    name: "lzo",
    zbootNames: ["lzo"],
    magic: [0x89, 0x4c, 0x5a, 0x4f, 0x00, 0x0d, 0x0a, 0x1a, 0x0a],
    next: adjacent,
    load: async () => (await import("#formats/compression/lzo/lzop.ts")).decompressLzop,
    loadEncoder: async () => (await import("#formats/compression/lzo/lzop-encode.ts")).compressLzop,
  },
  {
    name: "bzip2",
    zbootNames: ["bzip2"],
    magic: [0x42, 0x5a, 0x68],
    next: adjacent,
    load: async () => (await import("#formats/compression/bzip2/bzip2.ts")).decompressBzip2,
  },
];

/** The codec whose magic number the bytes begin with, as kernels look for it in a payload. */
export function detectCodec(bytes: Uint8Array): Codec | undefined {
  return CODECS.find((codec) => codec.magic.every((byte, i) => bytes[i] === byte));
}

/** The codec of a compressed file, which may begin with what is no stream: a skippable frame. */
export function detectFileCodec(bytes: Uint8Array): Codec | undefined {
  const reader = new ByteReader(bytes, { format: "file", section: "compressed data" });
  return CODECS.find((codec) => {
    const start = decoding(() => codec.next?.(reader, 0) ?? 0);
    return start.ok && codec.magic.every((byte, i) => bytes[start.value + i] === byte);
  });
}

/** The codec that a zboot header names, such as `zstd22`. */
export function codecForZboot(compression: string): Codec | undefined {
  return CODECS.find((codec) => codec.zbootNames.includes(compression));
}

/**
 * Decompresses the streams that the bytes begin with, or the first alone.
 *
 * Fails with `malformed` on a truncated or corrupt stream (a checksum that does not match included), with
 * `size-exceeded` on more output than the limit, with `unsupported` on a codec or filter that is not implemented.
 */
export async function decompress(
  codec: Codec,
  bytes: Uint8Array,
  options: DecompressOptions = {},
): Promise<Result<Decompressed, DecompressFailure>> {
  const { limit = DECOMPRESSED_LIMIT, sizeHint, base = 0, streams = "all" } = options;
  const settings = { limit, sizeHint, base };
  const decode = await codec.load();
  // Of 512 MiB, a decoder is at work for seconds, in which no handler of a signal would get its turn.
  return standingAside(async () =>
    streams === "all" ? decompressAll(codec, bytes, settings) : decode(bytes, settings),
  );
}

/**
 * Compresses for fixtures and experiments: valid, and larger than what the format's own tool writes.
 *
 * Fails with `unsupported` on bzip2, which no zboot image has.
 */
export async function compress(codec: Codec, bytes: Uint8Array): Promise<Result<Uint8Array, Unsupported>> {
  if (codec.loadEncoder === undefined) {
    const detail = `kexec-bpf writes no ${codec.name}; use the ${codec.name} tool`;
    return err({ reason: "unsupported", what: `${codec.name} compression`, detail });
  }
  const run = await codec.loadEncoder();
  return ok(run(bytes));
}
