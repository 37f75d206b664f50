import type { Commands } from "./command.ts";
import { PACK_COMMANDS } from "./pack-commands.ts";
import { QUICK_COMMANDS } from "./quick-commands.ts";

/** All commands by name, in the order in which help lists them. */
export const COMMANDS: Commands = {
  ...QUICK_COMMANDS,
  ...PACK_COMMANDS,
};
