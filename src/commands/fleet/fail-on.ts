import { err, ok, type Result } from "#core/result.ts";
import type { FailOn } from "#fleet/compare.ts";
import { FAIL_ON } from "./options.ts";

/** Reads `size`, `size=5%` and their kin. Errors: `usage`. */
export function parseFailOn(words: readonly string[]): Result<readonly FailOn[]> {
  const rules: FailOn[] = [];
  // Several may stand in one word, as people write lists.
  for (const word of words.flatMap((one) => one.split(","))) {
    const [, name, percent] = /^([a-z]+)(?:=(\d{1,6}(?:\.\d+)?)%?)?$/.exec(word) ?? [];
    const kind = FAIL_ON.find((one) => one === name);
    const counted = kind === "size" || kind === "instructions";
    if (kind === undefined || (percent !== undefined && !counted)) {
      return err({
        reason: "usage",
        detail: `--fail-on ${word}: ${FAIL_ON.join(", ")}; size and instructions with =PERCENT`,
      });
    }
    rules.push({ kind, percent: Number(percent ?? 0) });
  }
  return ok(rules);
}
