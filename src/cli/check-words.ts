/** Short forms of options. */
const SHORT: Readonly<Record<string, string>> = {
  h: "help",
  I: "include",
  j: "jobs",
  o: "output",
  v: "verbose",
};

/**
 * What is wrong with a command's words whatever the command is: an option that is given twice, an empty word. yargs
 * would make a list of the one, and a path of the other.
 *
 * @param several options that may be given more than once
 */
export function complaintAbout(words: readonly string[], several: readonly string[]): string | undefined {
  const seen = new Set<string>();
  for (const [i, word] of words.entries()) {
    if (word === "--") return undefined;
    const name = optionName(word);
    if (name === undefined) {
      const before = optionName(words[i - 1] ?? "");
      if (word === "") return before === undefined ? "a word is empty" : `--${before} is empty`;
      continue;
    }
    if (/^--[^=]+=$/.test(word)) return `--${name} is empty`;
    if (seen.has(name) && !several.includes(name)) return `--${name} is given more than once`;
    seen.add(name);
  }
  return undefined;
}

/** `max-kernel` of `--max-kernel`, `--max-kernel=1`, `--maxKernel` and `--no-max-kernel`; undefined for other words. */
function optionName(word: string): string | undefined {
  const long = /^--(?:no-)?([A-Za-z][^=]*)/.exec(word)?.[1];
  if (long !== undefined) return long.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const letter = /^-([A-Za-z])/.exec(word)?.[1];
  return letter === undefined ? undefined : (SHORT[letter] ?? letter);
}
