import type { Revision } from "#abi/revisions.ts";

/** A value that a header holds, in the file's order; offsets and sizes in bytes. */
export type HeaderValue = { readonly name: string; readonly value: string | number | boolean };

/** A run of bytes of the file: headers, sections, payloads, certificates, padding is what is left. */
export type FilePart = {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  /** Left out where hashes were not asked for. */
  readonly sha256?: string;
};

/** What a recogniser found. */
export type Facts = {
  /** `zboot`, `UKI`, `bzImage`, … in words. */
  readonly format: string;
  readonly fields: readonly HeaderValue[];
  readonly parts: readonly FilePart[];
  readonly warnings: readonly string[];
};

export type EmittedStream = {
  /** `zboot`, `envelope`, `uki`, `plain`, or the name of a format of the user's own. */
  readonly parser: string;
  readonly revision: Revision;
  /** Present where the parser takes the file. */
  readonly commands?: readonly {
    readonly command: string;
    readonly payload: FilePart | null;
    /** Whether a NUL that the image does not have is sent after the payload. */
    readonly ended: boolean;
  }[];
  /** Why it does not. */
  readonly refused?: string;
};

/** Everything that `inspect` tells of a file; `--json` prints it as it is. */
export type Inspection = Facts & {
  /** Raised when a field changes its meaning or goes away. */
  readonly schema: 1;
  readonly file: string;
  readonly size: number;
  readonly sha256?: string;
  readonly streams: readonly EmittedStream[];
};
