/** Whether yargs is to show a command's help. */
export function asksForHelp(argv: readonly string[]): boolean {
  return argv.some((word) => word === "--help" || word === "-h");
}

/** Whether the words are a `pack` or an `unpack` to be carried out. */
export function isPacking(argv: readonly string[]): boolean {
  return (argv[0] === "pack" || argv[0] === "unpack") && !asksForHelp(argv);
}

/** The words with `-` for an input replaced by the name of standard input: yargs makes an empty word of it. */
export function namingStdin(argv: readonly string[]): readonly string[] {
  const isOutput = (word: string | undefined) => word === "-o" || word === "--output";
  return argv.map((word, index) => (word === "-" && !isOutput(argv[index - 1]) ? "/dev/stdin" : word));
}
