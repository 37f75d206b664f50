import { BUILD } from "#commands/build/options.ts";
import { CHECK } from "#commands/check/options.ts";
import { DOCTOR } from "#commands/doctor/options.ts";
import { MAKE } from "#commands/make/options.ts";
import { SIGN } from "#commands/sign/options.ts";
import { VERIFY_SIGNATURE } from "#commands/verify-signature/options.ts";
import { type Command, command } from "./command.ts";
import { QUICK_COMMANDS } from "./quick-commands.ts";

/** Several commands with the same first word. */
export type Group = { readonly describe: string; readonly commands: Readonly<Record<string, Command>> };

/** All commands by name, in the order in which help lists them. */
export const COMMANDS: Readonly<Record<string, Command | Group>> = {
  build: command(BUILD, async () => (await import("#commands/build/run.ts")).runBuild),
  make: {
    row: MAKE,
    run: async (words, io) => (await import("#commands/make/run.ts")).runMake(words, io),
  },
  ...QUICK_COMMANDS,
  sign: command(SIGN, async () => (await import("#commands/sign/run.ts")).runSign),
  "verify-signature": command(
    VERIFY_SIGNATURE,
    async () => (await import("#commands/verify-signature/run.ts")).runVerifySignature,
  ),
  check: command(CHECK, async () => (await import("#commands/check/run.ts")).runCheck),
  doctor: command(DOCTOR, async () => (await import("#commands/doctor/run.ts")).runDoctor),
};

export function isGroup(entry: Command | Group): entry is Group {
  return "commands" in entry;
}

/** What the words name, and the words after its name; undefined where there is no such command. */
export function findCommand(
  words: readonly string[],
): { readonly command: Command; readonly rest: readonly string[] } | undefined {
  const [first = "", second = ""] = words;
  const entry = Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined;
  if (entry === undefined) return undefined;
  if (!isGroup(entry)) return { command: entry, rest: words.slice(1) };
  const command = Object.hasOwn(entry.commands, second) ? entry.commands[second] : undefined;
  return command && { command, rest: words.slice(2) };
}
