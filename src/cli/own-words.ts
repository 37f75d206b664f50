/** Whether yargs is to show a command's help. */
export function asksForHelp(argv: readonly string[]): boolean {
  return argv.some((word) => word === "--help" || word === "-h");
}

/** Whether the words are a `pack` or an `unpack` to be carried out. */
export function isPacking(argv: readonly string[]): boolean {
  return (argv[0] === "pack" || argv[0] === "unpack") && !asksForHelp(argv);
}
