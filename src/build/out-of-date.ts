import { isAbsolute } from "node:path";
import type { State } from "#build/state/state.ts";
import { ok, type Result } from "#core/result.ts";
import { digest } from "#files/digest.ts";
import type { Digests } from "./digests.ts";
import type { Rule } from "./rule.ts";
import { changedInputs } from "./run/why.ts";

/** @param inputs SHA-256 of each of the rule's inputs */
export function fingerprintOf(rule: Rule, inputs: Readonly<Record<string, string>>): string {
  // Where a file from outside lies is no part of what is made from it.
  const contents = Object.entries(inputs).map(([path, hash]) => [isAbsolute(path) ? "" : path, hash]);
  return digest(JSON.stringify([rule.label, rule.outputs, rule.options, contents]));
}

/**
 * Why a rule has to run, a line each: its last run had another fingerprint, or what it left or found is not as it was. None where it is
 * up to date.
 *
 * @param inputs SHA-256 of each of the rule's inputs
 */
export async function staleness(
  rule: Rule,
  inputs: Readonly<Record<string, string>>,
  state: State,
  digests: Digests,
): Promise<readonly string[]> {
  const before = state.rules[rule.outputs[0]];
  if (before?.fingerprint !== fingerprintOf(rule, inputs)) return changedInputs(before, inputs);
  const output = await digests.changed(before.outputs);
  if (output !== undefined) return [`${output} is not what the rule left there`];
  const found = await digests.changed(before.found);
  return found === undefined ? [] : [`${found} changed`];
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
      if ((await staleness(rule, inputs.value, state, digests)).length === 0) continue;
    }
    due.push(rule);
    for (const output of rule.outputs) stale.add(output);
  }
  return ok(due);
}
