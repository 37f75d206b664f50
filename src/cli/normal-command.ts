import type { CommandWords, WordContent, Words } from "./words.ts";

/** Options that say how to report, and have no part in what is made. */
const TALK: readonly string[] = ["json", "no-manifest"];

/**
 * A command in the form that a manifest has: options by their long names and in their order, then the positionals.
 *
 * @param given the words with which it was called, and the output even where that is a default
 * @param nameOf how to name the file that a word stands for
 */
export function normalCommand(
  names: readonly string[],
  { options, positionals }: CommandWords,
  given: Words,
  nameOf: (word: string) => string,
): readonly string[] {
  const named = given.ordered.flatMap(({ name, value }) => {
    const word = renamed(value, options[name]?.content, nameOf);
    return word.startsWith("-") ? [`--${name}=${word}`] : [`--${name}`, word];
  });
  const flags = given.flags.filter((name) => !TALK.includes(name)).map((name) => `--${name}`);
  const words = positionals.map(({ name, content }) => renamed(given.positional(name), content, nameOf));
  const end = words.some((word) => word.startsWith("-")) ? ["--"] : [];
  return [...names, ...named, ...flags, ...end, ...words];
}

function renamed(word: string, content: WordContent | undefined, nameOf: (word: string) => string): string {
  switch (content) {
    case "file":
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
