import { processIo } from "./process-io.ts";
import { run } from "./run.ts";

/** Runs the program on this process's own streams and signals, and sets its exit status. */
export async function runProcess(argv: readonly string[]): Promise<void> {
  process.exitCode = await run(argv, processIo());
}
