import { setImmediate } from "node:timers/promises";
import type { Digests } from "#build/digests.ts";
import { changedMeanwhile } from "#build/facts.ts";
import { fingerprintOf, staleness } from "#build/out-of-date.ts";
import { isInProcess, type Rule, type ToolRunner } from "#build/rule.ts";
import type { State } from "#build/state/state.ts";
import type { EventSink } from "#core/events.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { Carried, Task, WorkSharing } from "./sharing.ts";
import type { Slots } from "./slots.ts";
import { keptInputs } from "./why.ts";

export type RuleContext = {
  /** Absolute path of the output folder. */
  readonly out: string;
  readonly state: State;
  readonly emit: EventSink;
  readonly digests: Digests;
  readonly toolRunner: ToolRunner;
  readonly signal: AbortSignal;
  readonly slots: Slots;
  readonly sharing: WorkSharing | undefined;
  /** Run what is up to date, too. */
  readonly always: boolean;
};

/**
 * Runs a rule that is out of date, and keeps in the state what its outputs were made from.
 *
 * @returns whether it was out of date
 */
export async function bringUpToDate(rule: Rule, context: RuleContext): Promise<Result<boolean>> {
  const { digests, state, emit, out, always } = context;
  const began = performance.now();
  const inputs = await digests.all(rule.inputs);
  if (!inputs.ok) return inputs;
  const fingerprint = fingerprintOf(rule, inputs.value);
  const why = always ? ["everything was asked for"] : await staleness(rule, inputs.value, state, digests);
  const done = (how: Carried["how"] | "up to date") =>
    emit({ kind: "span", name: rule.outputs[0], label: rule.label, folder: out, began, how, why });
  if (why.length === 0) {
    done("up to date");
    return ok(false);
  }
  const carried = await carryOut(rule, { fingerprint, inputs: inputs.value }, context);
  if (!carried.ok) return carried;
  const known = carried.value.outputs;
  const outputs = known === undefined ? await digests.all(rule.outputs) : ok(known);
  if (!outputs.ok) return outputs;
  const shown = await digests.all(carried.value.found);
  if (!shown.ok) return shown;
  state.rules[rule.outputs[0]] = {
    fingerprint,
    outputs: outputs.value,
    found: shown.value,
    inputs: keptInputs(inputs.value),
  };
  done(carried.value.how);
  return ok(true);
}

async function carryOut(
  rule: Rule,
  { fingerprint, inputs }: Pick<Task, "fingerprint" | "inputs">,
  { digests, emit, toolRunner, signal, sharing, slots, out }: RuleContext,
): Promise<Result<Carried>> {
  const run = async (): Promise<Result<readonly string[]>> => {
    emit({ kind: "step", label: rule.label, output: rule.outputs[0], command: rule.command });
    // Work in this process holds up everything else in it: let those that start a tool go first.
    if (isInProcess(rule)) await setImmediate();
    const read = rule.onlyDigests ? {} : inputs;
    const other = await digests.changed(read);
    if (other !== undefined) return err(changedMeanwhile(other));
    const found = await rule.run(toolRunner, inputs, signal);
    if (!found.ok) return found;
    const changed = await digests.changed(read);
    return changed === undefined ? found : err(changedMeanwhile(changed));
  };
  if (sharing !== undefined) {
    const carried = await sharing.carryOut({ rule, fingerprint, inputs, out, digests, slots, run });
    if (carried.ok && carried.value.how !== "ran") {
      emit({
        kind: "step",
        label: "CACHE",
        output: rule.outputs[0],
        command: `<what ${rule.command} made before>`,
      });
    }
    return carried;
  }
  const found = await run();
  return found.ok ? ok({ how: "ran", found: found.value }) : found;
}
