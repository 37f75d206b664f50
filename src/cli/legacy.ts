import { VERSION } from "#api/version.ts";
import { EXIT } from "#report/exit-code.ts";
import type { Io } from "#report/io.ts";
import { printing } from "#report/printing.ts";
import { reportUsage } from "#report/report-failure.ts";
import { complaintAbout } from "./check-words.ts";
import { LEGACY as COMMANDS } from "./legacy-commands.ts";
import { outputComplaint } from "./output-word.ts";
import { asksForHelp, asksForJson } from "./own-words.ts";

class UsageProblem extends Error {}

/**
 * Runs the program.
 *
 * @param words the arguments behind the program's name
 * @returns the exit status (`report/exit-code.ts`)
 */
export async function runLegacy(words: readonly string[], world: Io): Promise<number> {
  const io = printing(world, asksForJson(words));
  const argv = namingStdin(words);
  // make's words are make's grammar, not yargs': `V=1 -j4 zboot`. Its help is.
  if (argv[0] === "make" && !asksForHelp(argv)) {
    const { runMake } = await import("./make-command.ts");
    return runMake(argv, io);
  }
  const command = Object.hasOwn(COMMANDS, argv[0] ?? "") ? COMMANDS[argv[0] ?? ""] : undefined;
  const complaint = command && !asksForHelp(argv) ? complaintAbout(argv, command.several ?? []) : undefined;
  if (complaint !== undefined) return reportUsage(io, complaint);
  const { default: yargs } = await import("yargs");
  let status: number = EXIT.ok;
  const finish = (value: number): void => {
    status = value;
  };
  let parser = yargs()
    .scriptName("kexec-bpf")
    .usage("$0 <command> [options]\n\nBuilds the BPF programs that take kernel images apart for kexec.")
    .version(VERSION)
    .help()
    .alias("help", "h")
    .strict()
    .demandCommand(1, "a command is needed")
    .recommendCommands()
    .check(({ output }) => {
      const complaint =
        typeof output === "string" ? outputComplaint(output, command?.oneOutput !== true) : undefined;
      if (complaint !== undefined) throw new Error(complaint);
      return true;
    })
    .exitProcess(false)
    // `--targets DIR goal`: one folder, one goal.
    .parserConfiguration({ "greedy-arrays": false })
    .wrap(Math.min(110, io.columns))
    .fail((message: string | null, error: Error | undefined) => {
      // Without a message it is what a command has thrown. yargs would run the command after a return.
      throw error !== undefined && error !== null && message === null
        ? error
        : new UsageProblem(message ?? "unusable arguments");
    });
  for (const { add } of Object.values(COMMANDS)) parser = add(parser, { argv, io, finish });
  parser = parser.command("help [topic..]", "show a command's help: help build, help pack uki");
  let output = "";
  try {
    await parser.parseAsync([...argv], {}, (_error: unknown, _argv: unknown, text: string) => {
      output = text;
    });
  } catch (error) {
    if (!(error instanceof UsageProblem)) throw error;
    return reportUsage(io, error.message);
  }
  if (output !== "") io.stdout(`${output}\n`);
  return status;
}

/** Options whose value is written to. */
const OUTPUTS: ReadonlySet<string> = new Set(["-o", "--output", "--junit", "--sarif"]);

/** The words with `-` for an input replaced by the name of standard input: yargs makes an empty word of it. */
export function namingStdin(argv: readonly string[]): readonly string[] {
  const isInput = (word: string, index: number) => word === "-" && !OUTPUTS.has(argv[index - 1] ?? "");
  return argv.map((word, index) => (isInput(word, index) ? "/dev/stdin" : word));
}
