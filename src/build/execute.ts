import { isAbsolute } from "node:path";
import { bringUpToDate } from "#build/run/bring-up-to-date.ts";
import type { WorkSharing } from "#build/run/sharing.ts";
import { Slots } from "#build/run/slots.ts";
import type { DigestState, State } from "#build/state/state.ts";
import type { EventSink } from "#core/events.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { Stamp } from "#files/stamp.ts";
import { cancelled, loadTools, runTool } from "#toolchain/process.ts";
import { Digests } from "./digests.ts";
import type { Rule, ToolRunner } from "./rule.ts";

export type ExecuteRulesOptions = {
  /** Absolute path of the output folder. */
  readonly out: string;
  /** How many rules may run at a time, at least 1. */
  readonly jobs: number;
  /** The same, shared with other builds of this process. */
  readonly slots?: Slots | undefined;
  readonly sharing?: WorkSharing | undefined;
  /** What other builds of this process know of files from outside. */
  readonly digests?: Map<string, DigestState> | undefined;
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
  const digests = new Digests(options.out, options.state, signal, options.seen, options.digests);
  const slots = options.slots ?? new Slots(options.jobs);
  // Some milliseconds that no tool then has to wait for.
  void loadTools();
  // So is hashing what is large, such as a vmlinux with its debug information.
  void digests.all(rules.flatMap((rule) => rule.inputs.filter((input) => isAbsolute(input))));
  const ran: Rule[] = [];
  const done = new Map<string, Promise<boolean>>();
  let failed: Result<never> | undefined;
  let failedAside: Result<never> | undefined;

  const { out, state, emit, sharing } = options;
  const toolRunner = loggingRunner(emit, signal);
  const always = options.always === true;
  const context = { out, state, emit, digests, toolRunner, signal, slots, sharing, always };
  const start = async (rule: Rule): Promise<boolean> => {
    const ready = await Promise.all(rule.inputs.map((input) => done.get(input) ?? true));
    const over = (): boolean => signal.aborted || (failed !== undefined && options.keepGoing !== true);
    if (ready.includes(false) || over()) return false;
    const result = await slots.use(async () => (over() ? ok(false) : bringUpToDate(rule, context)));
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
  const finished = await Promise.all(done.values());
  // The signal may come when no tool is there that it could end.
  if (failed === undefined && options.signal.aborted && finished.includes(false)) {
    return err(cancelled(options.signal));
  }
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
