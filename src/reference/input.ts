import type { Revision } from "#abi/revisions.ts";
import type { ImageArchitecture } from "./plain.ts";

/** Largest payload of each record, in bytes: KERNEL_SIZE, INITRD_SIZE, CMDLINE_SIZE of `image_size.h`. */
export type RecordLimits = {
  readonly kernel: number;
  readonly initrd: number;
  readonly cmdline: number;
};

export type ReferenceInput = {
  readonly image: Uint8Array;
  readonly limits: RecordLimits;
  readonly revision: Revision;
  /** Of the kernels that the parser is for. Default: any. */
  readonly arch?: ImageArchitecture | undefined;
};
