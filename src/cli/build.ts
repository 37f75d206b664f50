import { BUILD_COMMANDS } from "./build-commands.ts";
import { runOneOf } from "./run-one-of.ts";

/** `build` and `make` as a process, without what the other commands need. */
export function runBuilds(argv: readonly string[]): Promise<void> {
  return runOneOf(BUILD_COMMANDS, argv);
}
