import { isAbsolute } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { State } from "#build/state/state.ts";
import type { EventSink } from "#core/events.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { Stamp } from "#files/stamp.ts";
import { loadTools, runTool } from "#toolchain/process.ts";
import { Digests } from "./digests.ts";
import { changedMeanwhile } from "./facts.ts";
import { fingerprintOf, isUpToDate } from "./out-of-date.ts";
import { isInProcess, type Rule, type ToolRunner } from "./rule.ts";

export type ExecuteRulesOptions = {
  /** Absolute path of the output folder. */
  readonly out: string;
  /** How many rules may run at a time, at least 1. */
  readonly jobs: number;
  /** Go on with what does not need what failed. */
  readonly keepGoing?: boolean;
  /** Run what is up to date, too. */
  readonly always?: boolean;
  readonly state: State;
  /** Stamps of files that were read before, at that time. */
  readonly seen: ReadonlyMap<string, Stamp>;
  readonly emit: EventSink;
  readonly signal: AbortSignal;
};

/**
 * Runs the rules that are out of date, independent ones side by side. `rules` are in an order in
 * which each comes after those it needs.
 *
 * The first failure ends the rules under way and is returned; state is kept for what was finished. That of a rule which
 * stands aside ends nothing, and is returned where there is no other.
 *
 * @returns the rules that were run
 */
export async function executeRules(
  rules: readonly Rule[],
  options: ExecuteRulesOptions,
): Promise<Result<readonly Rule[]>> {
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, options.signal]);
  const digests = new Digests(options.out, options.state, signal, options.seen);
  const slots = new Slots(options.jobs);
  // Some milliseconds that no tool then has to wait for.
  void loadTools();
  // So is hashing what is large, such as a vmlinux with its debug information.
  void digests.all(rules.flatMap((rule) => rule.inputs.filter((input) => isAbsolute(input))));
  const ran: Rule[] = [];
  const done = new Map<string, Promise<boolean>>();
  let failed: Result<never> | undefined;
  let failedAside: Result<never> | undefined;

  const toolRunner = loggingRunner(options.emit, signal);
  const start = async (rule: Rule): Promise<boolean> => {
    const ready = await Promise.all(rule.inputs.map((input) => done.get(input) ?? true));
    const over = (): boolean => signal.aborted || (failed !== undefined && options.keepGoing !== true);
    if (ready.includes(false) || over()) return false;
    const result = await slots.use(async () =>
      over() ? ok(false) : bringUpToDate(rule, digests, options, toolRunner, signal),
    );
    if (!result.ok && rule.aside && !signal.aborted) {
      failedAside ??= result;
      return false;
    }
    if (!result.ok) {
      // What fails because the first failure ended it is not worth a word.
      if (failed !== undefined && options.keepGoing && !signal.aborted)
        options.emit({ kind: "failure", failure: result.failure });
      failed ??= result;
      if (!options.keepGoing) stop.abort();
      return false;
    }
    if (result.value) ran.push(rule);
    return true;
  };

  for (const rule of rules) {
    const promise = start(rule);
    for (const output of rule.outputs) done.set(output, promise);
  }
  await Promise.all(done.values());
  return failed ?? failedAside ?? ok(ran);
}

/** A runner of tools that tells what they write to stderr. */
function loggingRunner(emit: EventSink, signal: AbortSignal): ToolRunner {
  return async (run) => {
    const result = await runTool({ ...run, signal });
    if (result.ok && result.value.stderr.trim() !== "") {
      emit({ kind: "tool-log", tool: run.tool, text: result.value.stderr });
    }
    return result;
  };
}

/**
 * Runs a rule that is out of date, and keeps in the state what its outputs were made from.
 *
 * @returns whether it was run
 */
async function bringUpToDate(
  rule: Rule,
  digests: Digests,
  { state, emit, always }: ExecuteRulesOptions,
  toolRunner: ToolRunner,
  signal: AbortSignal,
): Promise<Result<boolean>> {
  const name = rule.outputs[0];
  const inputs = await digests.all(rule.inputs);
  if (!inputs.ok) return inputs;
  const fingerprint = fingerprintOf(rule, inputs.value);
  if (!always && (await isUpToDate(rule, fingerprint, state, digests))) return ok(false);
  emit({ kind: "step", label: rule.label, output: name, command: rule.command });
  // Work in this process holds up everything else in it: let those that start a tool go first.
  if (isInProcess(rule)) await setImmediate();
  const read = rule.onlyDigests ? {} : inputs.value;
  const other = await digests.changed(read);
  if (other !== undefined) return err(changedMeanwhile(other));
  const found = await rule.run(toolRunner, inputs.value, signal);
  if (!found.ok) return found;
  const changed = await digests.changed(read);
  if (changed !== undefined) return err(changedMeanwhile(changed));
  const outputs = await digests.all(rule.outputs);
  if (!outputs.ok) return outputs;
  const shown = await digests.all(found.value);
  if (!shown.ok) return shown;
  state.rules[name] = { fingerprint, outputs: outputs.value, found: shown.value };
  return ok(true);
}

/** Lets a fixed number of tasks run at a time. */
class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async use<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#free -= 1;
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
