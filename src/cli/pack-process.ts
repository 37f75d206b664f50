import { onOwnProcess } from "./own-process.ts";
import { asksForJson, namingStdin } from "./own-words.ts";
import { printing } from "./printing.ts";
import { runPack } from "./run-pack.ts";

/** The same as `runProcess` for `pack` and `unpack`, without what the other commands need. */
export function runPackProcess(argv: readonly string[]): Promise<void> {
  return onOwnProcess((io) => runPack(namingStdin(argv), printing(io, asksForJson(argv))));
}
