import type { Revision } from "#abi/revisions.ts";
import type { ImageArchitecture } from "#reference-parsers/input.ts";
import type { FormatParser } from "#reference-parsers/own-format.ts";

/** What a field of a header says; it decides which values hostile images have there. */
export type FormatFieldRole = "magic" | "offset" | "size" | "count" | "index" | "type" | "ignored";

/** A little-endian number in every image of a format, or a magic number of up to eight bytes. */
export type FormatField = {
  /** As failures name it: `header`. */
  readonly section: string;
  /** As the format's specification writes it: `kernel_size`. */
  readonly name: string;
  /** Bytes from the image's beginning. */
  readonly at: number;
  /** Bytes. */
  readonly width: 1 | 2 | 4 | 8;
  readonly role: FormatFieldRole;
};

/** A small image that a right parser takes. */
export type FormatImage = {
  /** Lower case, digits and dashes: it names files. */
  readonly name: string;
  readonly image: Uint8Array;
  /** Fields that this image has beside those of all. */
  readonly fields?: readonly FormatField[];
};

/**
 * An image format of the user's own: what the module that `--reference ./FORMAT.mjs` names has as its default export. It is a second
 * opinion, and worth as much as it is independent of the parser's C: write it from the format's specification.
 */
export type ImageFormat = {
  /** Lower case, digits, `-` and `_`: reports and cases have it. */
  readonly name: string;
  /** What a right parser makes of an image: parts, or a refusal. It does not change the image, and gives the same each time. */
  readonly parse: FormatParser;
  /** The fields of the format's header: hostile images have other values there. Default: none. */
  readonly fields?: readonly FormatField[];
  /** What hostile images are made of. Default: none, and images have to be named. */
  readonly goodImages?: (options: {
    readonly revision: Revision;
    /** Of the kernels that the parser is for, where that is known. */
    readonly arch: ImageArchitecture | undefined;
  }) => readonly FormatImage[];
};
