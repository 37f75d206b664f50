import type { RuleState } from "#build/state/state.ts";

/** Hexadecimal digits of a digest that are kept to tell later what changed: enough for that, and short. */
const KEPT = 12;

/** Digests of inputs as the state keeps them. */
export function keptInputs(inputs: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(inputs).map(([path, digest]) => [path, digest.slice(0, KEPT)]));
}

/**
 * Why a rule whose fingerprint is another than that of its last run is out of date, a line each.
 *
 * @param before its last run
 * @param inputs SHA-256 of its inputs now
 */
export function changedInputs(
  before: RuleState | undefined,
  inputs: Readonly<Record<string, string>>,
): readonly string[] {
  if (before === undefined) return ["it has not been made here before"];
  const known = before.inputs;
  if (known === undefined) return ["an input or an option changed"];
  const now = keptInputs(inputs);
  const changed = Object.entries(now).flatMap(([path, digest]) => {
    if (known[path] === digest) return [];
    return [known[path] === undefined ? `${path} is a new input` : `${path} changed`];
  });
  const gone = Object.keys(known).flatMap((path) => (path in now ? [] : [`${path} is no input any more`]));
  const all = [...changed, ...gone];
  return all.length > 0 ? all : ["an option or a tool changed"];
}
