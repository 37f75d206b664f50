import type { Unsupported } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { standingAside } from "#core/signals.ts";
import {
  type CodecName,
  type Compressor,
  DECOMPRESSED_LIMIT,
  type Decompressed,
  type DecompressFailure,
  type DecompressOptions,
  type Decompressor,
} from "./types.ts";

export type Codec = {
  readonly name: CodecName;
  /** The names under which a zboot header knows it. */
  readonly zbootNames: readonly string[];
  /** The first bytes of every stream. */
  readonly magic: readonly number[];
  /** Loads the decoder, which nobody pays for who does not meet the format. */
  readonly load: () => Promise<Decompressor>;
  /** Loads the encoder, which the formats have that zboot images use. */
  readonly loadEncoder?: () => Promise<Compressor>;
};

/**
 * The compressions of Linux kernel images (lib/decompress.c has the magic numbers,
 * drivers/firmware/efi/libstub/Makefile.zboot the names).
 */
export const CODECS: readonly Codec[] = [
  {
    name: "gzip",
    zbootNames: ["gzip"],
    magic: [0x1f, 0x8b],
    load: async () => (await import("./gzip.ts")).decompressGzip,
    loadEncoder: async () => (await import("./gzip.ts")).compressGzip,
  },
  {
    name: "zstd",
    zbootNames: ["zstd22", "zstd"],
    magic: [0x28, 0xb5, 0x2f, 0xfd],
    load: async () => (await import("./zstd.ts")).decompressZstd,
    loadEncoder: async () => (await import("./zstd-encode.ts")).compressZstd,
  },
  {
    name: "xz",
    zbootNames: ["xzkern", "xz"],
    magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
    load: async () => (await import("./xz.ts")).decompressXz,
    loadEncoder: async () => (await import("./xz-encode.ts")).compressXz,
  },
  {
    name: "lz4",
    zbootNames: ["lz4"],
    magic: [0x02, 0x21, 0x4c, 0x18],
    load: async () => (await import("./lz4-legacy.ts")).decompressLz4Legacy,
    loadEncoder: async () => (await import("./lz4-encode.ts")).compressLz4Legacy,
  },
  {
    name: "lzma",
    zbootNames: ["lzma"],
    // The properties byte of lc=3 lp=0 pb=2, which every encoder in use writes, and a dictionary of whole 64 KiB.
    magic: [0x5d, 0x00, 0x00],
    load: async () => (await import("./lzma-alone.ts")).decompressLzmaAlone,
    loadEncoder: async () => (await import("./lzma-alone-encode.ts")).compressLzmaAlone,
  },
  {
    name: "lzo",
    zbootNames: ["lzo"],
    magic: [0x89, 0x4c, 0x5a, 0x4f, 0x00, 0x0d, 0x0a, 0x1a, 0x0a],
    load: async () => (await import("./lzop.ts")).decompressLzop,
    loadEncoder: async () => (await import("./lzop-encode.ts")).compressLzop,
  },
  {
    name: "bzip2",
    zbootNames: ["bzip2"],
    magic: [0x42, 0x5a, 0x68],
    load: async () => (await import("./bzip2.ts")).decompressBzip2,
  },
];

/** The codec whose magic number the bytes begin with. */
export function detectCodec(bytes: Uint8Array): Codec | undefined {
  return CODECS.find((codec) => codec.magic.every((byte, i) => bytes[i] === byte));
}

/** The codec that a zboot header names, such as `zstd22`. */
export function codecForZboot(compression: string): Codec | undefined {
  return CODECS.find((codec) => codec.zbootNames.includes(compression));
}

/**
 * Decompresses the one stream that the bytes begin with.
 *
 * Fails with `malformed` on a truncated or corrupt stream (a checksum that does not match included), with
 * `size-exceeded` on more output than the limit, with `unsupported` on a codec or filter that is not implemented.
 */
export async function decompress(
  codec: Codec,
  bytes: Uint8Array,
  options: DecompressOptions = {},
): Promise<Result<Decompressed, DecompressFailure>> {
  const run = await codec.load();
  // Of 512 MiB, a decoder is at work for seconds, in which no handler of a signal would get its turn.
  return standingAside(async () =>
    run(bytes, {
      limit: options.limit ?? DECOMPRESSED_LIMIT,
      sizeHint: options.sizeHint,
      base: options.base ?? 0,
    }),
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
