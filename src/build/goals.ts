import { PRIVATE } from "#build/state/state.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { Target } from "#generate/target.ts";
import type { BuildRequest } from "./request.ts";
import { ENVELOPE } from "./rules/envelope.ts";
import { ALL, outputNames } from "./rules.ts";

/**
 * Refuses goals that no build has, before anything is looked for: a typing error is not told as a missing image.
 * A file that only some builds leave passes.
 */
export function checkGoals(
  { goals, envelope }: BuildRequest,
  targets: ReadonlyMap<string, Target>,
): Result<void> {
  const files = outputNames(targets.keys()).filter(
    (name) => envelope !== undefined || !name.startsWith(ENVELOPE),
  );
  const known = [...targets.keys(), ALL, ...(envelope === undefined ? [] : [ENVELOPE]), ...files];
  for (const goal of goals) {
    if (goal.startsWith(`${PRIVATE}/`) || known.includes(goal)) continue;
    return err({ reason: "unknown-goal", goal, known: [...new Set(known)] });
  }
  return ok(undefined);
}
