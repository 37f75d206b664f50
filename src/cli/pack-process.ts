import { onOwnProcess } from "./own-process.ts";
import { asksForJson } from "./own-words.ts";
import { runPack } from "./run-pack.ts";

/** The same as `runProcess` for `pack` and `unpack`, without what the other commands need. */
export function runPackProcess(argv: readonly string[]): Promise<void> {
  return onOwnProcess((io) => runPack(argv, { ...io, json: asksForJson(argv) }));
}
