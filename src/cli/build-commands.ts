import { BUILD } from "#commands/build/options.ts";
import { runBuild } from "#commands/build/run.ts";
import { MAKE } from "#commands/make/options.ts";
import { runMake } from "#commands/make/run.ts";
import { command } from "./command.ts";

/** As `QUICK_COMMANDS`, in another script. */
export const BUILD_COMMANDS = {
  build: command(BUILD, async () => runBuild),
  // make's words are make's grammar.
  make: { row: MAKE, run: runMake },
};
