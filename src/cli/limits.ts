/** The largest part that the kernel's verifier lets a parser carry, in bytes: below BPF_MAX_VAR_SIZ. */
export const LARGEST_PART = 2 ** 29 - 1;
