import type { ByteReader } from "#bytes/reader.ts";
import type { Malformed, SizeExceeded, Unsupported } from "#core/failure.ts";
import type { Result } from "#core/result.ts";

/** What the kernel refuses to decompress beyond, in bytes: 512 MiB. */
export const DECOMPRESSED_LIMIT = 512 * 1024 * 1024;

export type CodecName = "gzip" | "zstd" | "xz" | "lzma" | "lz4" | "lzo" | "bzip2";

export type DecompressOptions = {
  /** Most bytes of output. Default `DECOMPRESSED_LIMIT`. */
  readonly limit?: number;
  /**
   * The size that the surrounding format states, in bytes. It only saves memory and time: a wrong
   * one costs a second attempt or an allocation, not the result.
   */
  readonly sizeHint?: number;
  /** Offset of the input in the outermost file, for failures. Default 0. */
  readonly base?: number;
  /**
   * How many streams count: `all` that follow one another, as in a file, or the `first` alone, as kernels decode a payload
   * (lib/decompress_*.c: none of them begins again; of lz4's legacy frames they take all). Default `all`.
   */
  readonly streams?: "all" | "first";
};

export type Decompressed = {
  readonly bytes: Uint8Array;
  /** Bytes of input behind the last stream, such as the size that the kernel build appends. */
  readonly trailing: number;
};

export type DecompressFailure = Malformed | SizeExceeded | Unsupported;

/** The options with every default filled in, as codecs take them. */
export type CodecOptions = {
  readonly limit: number;
  readonly sizeHint: number | undefined;
  readonly base: number;
};

/** Decodes the one stream that the input begins with. */
export type Decompressor = (
  input: Uint8Array,
  options: CodecOptions,
) => Result<Decompressed, DecompressFailure> | Promise<Result<Decompressed, DecompressFailure>>;

export type Codec = {
  readonly name: CodecName;
  /** The names under which a zboot header knows it. */
  readonly zbootNames: readonly string[];
  /** The first bytes of every stream. */
  readonly magic: readonly number[];
  /**
   * Where the stream begins that may follow one which ends at `at`: behind what the format allows between them. At 0, the same
   * for the first. Left out where streams do not follow one another, or the decoder itself takes them all.
   */
  readonly next?: (reader: ByteReader, at: number) => number;
  /** Loads the decoder of one stream, which nobody pays for who does not meet the format. */
  readonly load: () => Promise<Decompressor>;
  /** Loads the encoder, which the formats have that zboot images use. */
  readonly loadEncoder?: () => Promise<Compressor>;
};

/**
 * Compresses for fixtures and experiments (`pack zboot`): what it writes is valid and decodes to the same
 * bytes, and is larger than what the format's own tool makes of them.
 */
export type Compressor = (bytes: Uint8Array) => Uint8Array;

/**
 * Inflates the deflate data (RFC 1951) that begin at `start`; `end` is the offset behind them, where other data may follow.
 */
export type Inflater = (
  input: Uint8Array,
  start: number,
  options: Pick<CodecOptions, "limit" | "base"> & {
    /** How many bytes of output are likely; a wrong number costs time or address space, not the result. */
    readonly expected: number;
  },
) => Result<{ readonly bytes: Uint8Array; readonly end: number }, Malformed | SizeExceeded>;
