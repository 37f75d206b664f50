import { CORPUS } from "#commands/corpus/options.ts";
import { DISASM } from "#commands/disasm/options.ts";
import { FUZZ } from "#commands/fuzz/options.ts";
import { VERIFY } from "#commands/verify/options.ts";
import { type Command, command } from "./command.ts";
import { QUICK_COMMANDS } from "./quick-commands.ts";

/** Several commands with the same first word. */
export type Group = { readonly describe: string; readonly commands: Readonly<Record<string, Command>> };

/** All commands by name, in the order in which help lists them. */
export const COMMANDS: Readonly<Record<string, Command | Group>> = {
  ...QUICK_COMMANDS,
  disasm: command(DISASM, async () => (await import("#commands/disasm/run.ts")).runDisasm),
  verify: command(VERIFY, async () => (await import("#commands/verify/run.ts")).runVerify),
  corpus: command(CORPUS, async () => (await import("#commands/corpus/run.ts")).runCorpus),
  fuzz: command(FUZZ, async () => (await import("#commands/fuzz/run.ts")).runFuzz),
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
