import type { Revision } from "#abi/revisions.ts";

/** Largest payload of each record, in bytes: KERNEL_SIZE, INITRD_SIZE, CMDLINE_SIZE of `image_size.h`. */
export type RecordLimits = {
  readonly kernel: number;
  readonly initrd: number;
  readonly cmdline: number;
};

/** The architectures whose kernels begin with a header of their own, 64 bytes long. */
export type ImageArchitecture = "arm64" | "riscv" | "loongarch";

export type ReferenceInput = {
  readonly image: Uint8Array;
  readonly limits: RecordLimits;
  readonly revision: Revision;
  /** Of the kernels that the parser is for. Default: any. */
  readonly arch?: ImageArchitecture | undefined;
};
