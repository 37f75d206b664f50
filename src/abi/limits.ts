import { type PerPart, perPart } from "./parts.ts";

/** The largest part that the kernel's verifier lets a parser carry, in bytes: below BPF_MAX_VAR_SIZ. */
export const LARGEST_PART = 2 ** 29 - 1;

/** Where nothing says how much a parser's records take. */
export const LARGEST_PARTS: PerPart<number> = perPart(() => LARGEST_PART);
