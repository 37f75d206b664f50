import type { DescribedCommand } from "#commands/described.ts";
import { type Read, readWords } from "#grammar/read.ts";
import type { CommandRow } from "#grammar/rows.ts";
import { failureText } from "#report/failure-text.ts";
import type { Io } from "#report/io.ts";
import { reportUsage } from "#report/report-failure.ts";

/** A command: what its words are, and what carries it out. Gives the exit status. */
export type CommandEntry = {
  readonly row: CommandRow;
  /** @param words those after the command's name */
  readonly run: (words: readonly string[], io: Io) => Promise<number>;
  /** Commands that follow this one's name, where that is not all. */
  readonly others?: Readonly<Record<string, CommandEntry>>;
};

/** @param load what carries the command out is loaded once its words are understood */
export function command<const Row extends CommandRow>(
  row: Row,
  load: () => Promise<(read: Read<Row>, io: Io) => Promise<number>>,
): CommandEntry {
  return {
    row,
    run: async (words, io) => {
      const read = readWords(row, words, io.cwd);
      if (!read.ok) return reportUsage(io, failureText(read.failure));
      return (await load())(read.value, io);
    },
  };
}

/** A command with another one after a first word of its own; a file of that name is `./NAME`. */
export function withSubcommand(entry: CommandEntry, name: string, other: CommandEntry): CommandEntry {
  return {
    row: entry.row,
    others: { [name]: other },
    run: (words, io) => (words[0] === name ? other.run(words.slice(1), io) : entry.run(words, io)),
  };
}

/** Several commands with the same first word. */
export type Group = { readonly describe: string; readonly commands: Readonly<Record<string, CommandEntry>> };

export type Commands = Readonly<Record<string, CommandEntry | Group>>;

export function isGroup(entry: CommandEntry | Group): entry is Group {
  return "commands" in entry;
}

/** What the words name, and the words after its name; undefined where there is no such command. */
export function findCommand(
  commands: Commands,
  words: readonly string[],
): { readonly command: CommandEntry; readonly rest: readonly string[] } | undefined {
  const [first = "", second = ""] = words;
  const entry = Object.hasOwn(commands, first) ? commands[first] : undefined;
  if (entry === undefined) return undefined;
  if (!isGroup(entry)) return { command: entry, rest: words.slice(1) };
  const command = Object.hasOwn(entry.commands, second) ? entry.commands[second] : undefined;
  return command && { command, rest: words.slice(2) };
}

/** Commands whose names begin with this word, by the second one. */
export function actionsOf(entry: CommandEntry | Group): Readonly<Record<string, CommandEntry>> {
  return isGroup(entry) ? entry.commands : (entry.others ?? {});
}

/** All commands, those of groups with both words. */
export function described(commands: Commands): readonly DescribedCommand[] {
  return Object.entries(commands).flatMap(([name, entry]) =>
    isGroup(entry) ? twoWords(name, entry) : [{ names: [name], row: entry.row }],
  );
}

/** The same, and those that follow a command's name. */
export function allDescribed(commands: Commands): readonly DescribedCommand[] {
  return Object.entries(commands).flatMap(([name, entry]) => [
    ...(isGroup(entry) ? [] : [{ names: [name], row: entry.row }]),
    ...twoWords(name, entry),
  ]);
}

function twoWords(name: string, entry: CommandEntry | Group): readonly DescribedCommand[] {
  return Object.entries(actionsOf(entry)).map(([action, { row }]) => ({ names: [name, action], row }));
}

/** What is said of each group. */
export function groupsOf(commands: Commands): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(commands).flatMap(([name, entry]) => (isGroup(entry) ? [[name, entry.describe]] : [])),
  );
}
