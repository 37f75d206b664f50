import type { RecordLimits } from "#reference-parsers/input.ts";

/** The largest part that the kernel's verifier lets a parser carry, in bytes: below BPF_MAX_VAR_SIZ. */
export const LARGEST_PART = 2 ** 29 - 1;

/** Where nothing says how much a parser's records take. */
export const LARGEST_PARTS: RecordLimits = {
  kernel: LARGEST_PART,
  initrd: LARGEST_PART,
  cmdline: LARGEST_PART,
};
