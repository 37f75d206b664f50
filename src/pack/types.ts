/** What was packed, for people and (as it is) for machines. */
export type Packed = {
  /** Raised when a field changes its meaning or goes away. */
  readonly schema: 1;
  readonly kind: "envelope" | "pe" | "container" | "zboot" | "uki";
  /** Absolute path. */
  readonly output: string;
  /** Bytes. */
  readonly size: number;
  /** Hexadecimal; there where digests were asked for. */
  readonly sha256?: string;
  readonly parts: readonly PackedPart[];
  /** What the user should know of the result, in sentences. */
  readonly notes: readonly string[];
};

export type PackedPart = {
  /** The section's name. */
  readonly name: string;
  /** From the start of the output. */
  readonly offset: number;
  readonly size: number;
  readonly sha256?: string;
};

/** The names that a zboot header may give a compression for which there is an encoder. */
export const ZBOOT_COMPRESSIONS = ["gzip", "lz4", "lzma", "lzo", "xzkern", "zstd22", "zstd"] as const;

export type ZbootCompression = (typeof ZBOOT_COMPRESSIONS)[number];
