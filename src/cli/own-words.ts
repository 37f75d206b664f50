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
