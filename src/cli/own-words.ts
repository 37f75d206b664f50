/** Whether yargs is to show a command's help. */
export function asksForHelp(argv: readonly string[]): boolean {
  return argv.some((word) => word === "--help" || word === "-h");
}

/** Whether the words are a `pack` or an `unpack` to be carried out. */
export function isPacking(argv: readonly string[]): boolean {
  return (argv[0] === "pack" || argv[0] === "unpack") && !asksForHelp(argv) && argv[1] !== "--version";
}

/** Whether failures are to be JSON, too: also where the words are wrong in some other way. */
export function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  return argv.slice(0, end < 0 ? undefined : end).includes("--json");
}

/** Options whose value is written to. */
const OUTPUTS: ReadonlySet<string> = new Set(["-o", "--output", "--junit", "--sarif"]);

/** The words with `-` for an input replaced by the name of standard input: yargs makes an empty word of it. */
export function namingStdin(argv: readonly string[]): readonly string[] {
  const isInput = (word: string, index: number) => word === "-" && !OUTPUTS.has(argv[index - 1] ?? "");
  return argv.map((word, index) => (isInput(word, index) ? "/dev/stdin" : word));
}
