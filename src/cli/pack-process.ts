import { processIo } from "./process-io.ts";
import { runPack } from "./run-pack.ts";

/** The same as `runProcess` for `pack` and `unpack`, without what the other commands need. */
export async function runPackProcess(argv: readonly string[]): Promise<void> {
  process.exitCode = await runPack(argv, processIo());
}
