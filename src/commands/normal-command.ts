import { resolve } from "node:path";
import type { Read } from "#grammar/read.ts";
import type { CommandRow, OptionRow } from "#grammar/rows.ts";

/** Options that say how to report, and have no part in what is made. */
const TALK: readonly string[] = ["json", "manifest"];

type Words = Pick<Read<CommandRow>, "said" | "positionals">;

/**
 * A command in the form that a manifest has: options by their long names and in their order, then flags, then the positionals.
 *
 * @param words what was said
 * @param cwd where its names count from
 * @param nameOf how to name the file with an absolute path
 */
export function normalCommand(
  names: readonly string[],
  row: CommandRow,
  { said, positionals }: Words,
  cwd: string,
  nameOf: (file: string) => string,
): readonly string[] {
  const renamed = (value: string, type: OptionRow["type"]) =>
    rename(value, type, (word) => nameOf(resolve(cwd, word)));
  const options = said.flatMap(({ name, value }) => {
    const type = row.options[name]?.type;
    if (value === undefined || type === undefined) return [];
    const word = renamed(value, type);
    return word.startsWith("-") ? [`--${name}=${word}`] : [`--${name}`, word];
  });
  const flags = Object.keys(row.options).filter(
    (name) => !TALK.includes(name) && said.some((one) => one.name === name && one.value === undefined),
  );
  const words = positionals.map(({ name, value }) => renamed(value, row.positionals[name]?.type ?? "word"));
  const end = words.some((word) => word.startsWith("-")) ? ["--"] : [];
  return [...names, ...options, ...flags.map((name) => `--${name}`), ...end, ...words];
}

function rename(word: string, type: OptionRow["type"], nameOf: (word: string) => string): string {
  switch (type) {
    case "path":
    case "name":
    case "output":
    case "folder":
      return nameOf(word);
    case "text":
      return word.startsWith("@") ? `@${nameOf(word.slice(1))}` : word;
    case "assignment": {
      const at = word.indexOf("=") + 1;
      return `${word.slice(0, at)}${nameOf(word.slice(at))}`;
    }
    default:
      return word;
  }
}
