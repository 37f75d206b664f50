import { printing } from "#report/printing.ts";
import { namingStdin } from "./legacy.ts";
import { onOwnProcess } from "./own-process.ts";
import { asksForJson } from "./own-words.ts";
import { runPack } from "./run-pack.ts";

/** The same as `runProcess` for `pack` and `unpack`, without what the other commands need. */
export function runPackProcess(argv: readonly string[]): Promise<void> {
  return onOwnProcess((io) => runPack(namingStdin(argv), printing(io, asksForJson(argv))));
}
