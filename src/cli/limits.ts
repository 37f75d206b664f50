import { err, ok, type Result } from "#core/result.ts";
import type { RecordLimits } from "#reference/input.ts";
import { parseSize } from "./sizes.ts";

/** The largest part that the kernel's verifier lets a parser carry, in bytes: below BPF_MAX_VAR_SIZ. */
export const LARGEST_PART = 2 ** 29 - 1;

/** Where nothing says how much a parser's records take. */
export const LARGEST_PARTS: RecordLimits = {
  kernel: LARGEST_PART,
  initrd: LARGEST_PART,
  cmdline: LARGEST_PART,
};

/** The value of `--limit`, or the largest there is. Errors: `usage`. */
export function partLimit(text: string | undefined): Result<number> {
  const limit = text === undefined ? LARGEST_PART : parseSize(text);
  return limit === undefined ? err({ reason: "usage", detail: `--limit ${text} is no size` }) : ok(limit);
}
