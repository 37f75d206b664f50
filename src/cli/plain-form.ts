/** A request that is understood without yargs, whose loading takes longer than the work. */
export type PlainForm =
  | { readonly command: "inspect"; readonly file: string; readonly hashes: boolean; readonly json: boolean }
  | { readonly command: "extract"; readonly file: string; readonly output: string; readonly json: boolean };

/**
 * Reads `inspect FILE [--no-hashes] [--json]` and `extract FILE -o OUTPUT [--json]`, in any order behind the
 * command. Undefined: something else, or something wrong, which are yargs' to understand or to explain.
 */
export function plainForm(argv: readonly string[]): PlainForm | undefined {
  const [command, ...words] = argv;
  if (command === "extract") {
    const at = words.findIndex((word) => word === "-o" || word === "--output");
    const output = words[at + 1];
    const rest = fileAndFlags(words.toSpliced(at, 2), ["--json"]);
    if (at < 0 || output === undefined || !isOperand(output) || rest === undefined) return undefined;
    return { command, file: rest.file, output, json: rest.flags.has("--json") };
  }
  if (command !== "inspect") return undefined;
  const rest = fileAndFlags(words, ["--json", "--no-hashes"]);
  if (rest === undefined) return undefined;
  return {
    command,
    file: rest.file,
    hashes: !rest.flags.has("--no-hashes"),
    json: rest.flags.has("--json"),
  };
}

/** One file, and no flag but these, none of them twice. */
function fileAndFlags(words: readonly string[], known: readonly string[]) {
  const operands = words.filter(isOperand);
  const flags = new Set(words.filter((word) => known.includes(word)));
  const [file] = operands;
  if (file === undefined || operands.length > 1 || words.length !== flags.size + 1) return undefined;
  return { file, flags };
}

function isOperand(word: string): boolean {
  return word !== "" && !word.startsWith("-");
}
