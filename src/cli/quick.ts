import { QUICK_COMMANDS } from "./quick-commands.ts";
import { runOneOf } from "./run-one-of.ts";

/** `inspect` and `extract` as a process, without what the other commands need. */
export function runQuick(argv: readonly string[]): Promise<void> {
  return runOneOf(QUICK_COMMANDS, argv);
}
