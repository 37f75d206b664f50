import { printing } from "#report/printing.ts";
import { reportUsage } from "#report/report-failure.ts";
import { type Commands, findCommand } from "./command.ts";
import { onOwnProcess } from "./own-process.ts";
import { asksForJson } from "./own-words.ts";

/** Runs one of a script's own commands, as a process. `main.ts` knows which script has it. */
export function runOneOf(commands: Commands, argv: readonly string[]): Promise<void> {
  return onOwnProcess((world) => {
    const io = printing(world, asksForJson(argv));
    const found = findCommand(commands, argv);
    return found?.command.run(found.rest, io) ?? reportUsage(io, `${argv[0]}: not a command of this script`);
  });
}
