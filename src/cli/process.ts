import { onOwnProcess } from "./own-process.ts";
import { run } from "./run.ts";

/** Runs the program as a process: the arguments are those behind its name. */
export function runProcess(argv: readonly string[]): Promise<void> {
  return onOwnProcess((io) => run(argv, io));
}
