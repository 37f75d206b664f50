import { EXTRACT } from "#commands/extract/options.ts";
import { runExtract } from "#commands/extract/run.ts";
import { INSPECT } from "#commands/inspect/options.ts";
import { runInspect } from "#commands/inspect/run.ts";
import { command } from "./command.ts";

/** Commands that are run on images in numbers: they have a script of their own, which starts fast. */
export const QUICK_COMMANDS = {
  inspect: command(INSPECT, async () => runInspect),
  extract: command(EXTRACT, async () => runExtract),
};
