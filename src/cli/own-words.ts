/** The words that are options: a value never looks like one, so `-h` is never an option's. */
function optionWords(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf("--");
  return argv.slice(0, end < 0 ? undefined : end);
}

export function asksForHelp(argv: readonly string[]): boolean {
  return optionWords(argv).some((word) => word === "--help" || word === "-h");
}

export function asksForVersion(argv: readonly string[]): boolean {
  return optionWords(argv).includes("--version");
}

/** Whether failures are to be JSON, too: also where the words are wrong in some other way. */
export function asksForJson(argv: readonly string[]): boolean {
  return optionWords(argv).includes("--json");
}
