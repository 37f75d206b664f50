import { isAbsolute } from "node:path";
import type { State } from "#build/state/state.ts";
import { ok, type Result } from "#core/result.ts";
import { digest } from "#files/digest.ts";
import type { Digests } from "./digests.ts";
import type { Rule } from "./rule.ts";

/** @param inputs SHA-256 of each of the rule's inputs */
export function fingerprintOf(rule: Rule, inputs: Readonly<Record<string, string>>): string {
  // Where a file from outside lies is no part of what is made from it.
  const contents = Object.entries(inputs).map(([path, hash]) => [isAbsolute(path) ? "" : path, hash]);
  return digest(JSON.stringify([rule.label, rule.outputs, rule.options, contents]));
}

/** Whether a rule's last run had this fingerprint, and all that it left and found is as it was. */
export async function isUpToDate(
  rule: Rule,
  fingerprint: string,
  state: State,
  digests: Digests,
): Promise<boolean> {
  const before = state.rules[rule.outputs[0]];
  return (
    before?.fingerprint === fingerprint &&
    (await digests.hold(before.outputs)) &&
    (await digests.hold(before.found))
  );
}

/**
 * The rules that a build would run, without running any. What comes after one of them is among them, as with make: whether a rule
 * leaves what was there before is known only after it has run. Errors: of reading inputs.
 *
 * @param rules each after those that it needs
 * @param always all of them, up to date or not
 */
export async function rulesToRun(
  rules: readonly Rule[],
  { state, digests, always }: { readonly state: State; readonly digests: Digests; readonly always: boolean },
): Promise<Result<readonly Rule[]>> {
  if (always) return ok(rules);
  const due: Rule[] = [];
  const stale = new Set<string>();
  for (const rule of rules) {
    if (!rule.inputs.some((input) => stale.has(input))) {
      const inputs = await digests.all(rule.inputs);
      if (!inputs.ok) return inputs;
      if (await isUpToDate(rule, fingerprintOf(rule, inputs.value), state, digests)) continue;
    }
    due.push(rule);
    for (const output of rule.outputs) stale.add(output);
  }
  return ok(due);
}
