import { PACK_COMMANDS } from "./pack-commands.ts";
import { runOneOf } from "./run-one-of.ts";

/** `pack` and `unpack` as a process, without what the other commands need. */
export function runPack(argv: readonly string[]): Promise<void> {
  return runOneOf(PACK_COMMANDS, argv);
}
