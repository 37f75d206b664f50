import { printing } from "#report/printing.ts";
import { reportUsage } from "#report/report-failure.ts";
import { onOwnProcess } from "./own-process.ts";
import { asksForJson } from "./own-words.ts";
import { QUICK_COMMANDS } from "./quick-commands.ts";

/** Runs one of the commands that have a script of their own, as a process. */
export function runQuick(argv: readonly string[]): Promise<void> {
  return onOwnProcess((world) => {
    const io = printing(world, asksForJson(argv));
    const [name, ...words] = argv;
    const command = Object.entries(QUICK_COMMANDS).find(([known]) => known === name)?.[1];
    return command === undefined ? reportUsage(io, `${name}: not a quick command`) : command.run(words, io);
  });
}
