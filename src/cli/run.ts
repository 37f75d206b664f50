import type { Argv } from "yargs";
import { EXIT } from "#report/exit-code.ts";
import { bootTestCommand } from "./boot-test-command.ts";
import { buildCommand } from "./build-command.ts";
import type { Call } from "./call.ts";
import { checkCommand } from "./check-command.ts";
import { corpusCommand } from "./corpus-command.ts";
import { decomposeCommand } from "./decompose-command.ts";
import { disasmCommand } from "./disasm-command.ts";
import { doctorCommand } from "./doctor-command.ts";
import { extractCommand } from "./extract-command.ts";
import { fuzzCommand } from "./fuzz-command.ts";
import { inspectCommand } from "./inspect-command.ts";
import type { Io } from "./io.ts";
import { kernelTestCommand } from "./kernel-test-command.ts";
import { makeCommand } from "./make-help.ts";
import { asksForHelp, asksForJson, isPacking } from "./own-words.ts";
import { packCommand } from "./pack-command.ts";
import { report } from "./report-failure.ts";
import { VERSION } from "./request-key.ts";
import { signCommand } from "./sign-command.ts";
import { streamCommand } from "./stream-command.ts";
import { unpackCommand } from "./unpack-command.ts";
import { verifyCommand } from "./verify-command.ts";
import { verifySignatureCommand } from "./verify-signature-command.ts";

const COMMANDS: readonly ((parser: Argv, call: Call) => Argv)[] = [
  buildCommand,
  makeCommand,
  inspectCommand,
  extractCommand,
  decomposeCommand,
  streamCommand,
  disasmCommand,
  verifyCommand,
  corpusCommand,
  fuzzCommand,
  kernelTestCommand,
  bootTestCommand,
  signCommand,
  verifySignatureCommand,
  checkCommand,
  packCommand,
  unpackCommand,
  doctorCommand,
];

class UsageProblem extends Error {}

/** Options that may be given several times: of any command, and of one. */
const REPEATABLE: ReadonlySet<string> = new Set([
  ...["_", "goals", "words", "targets", "containers"],
  ...["parsers", "parser", "image", "include"],
]);
const REPEATABLE_OF: Readonly<Record<string, readonly string[]>> = { "kernel-test": ["deb"] };

/**
 * Runs the program.
 *
 * @param argv the arguments behind the program's name
 * @returns the exit status (`report/exit-code.ts`)
 */
export async function run(argv: readonly string[], surroundings: Io): Promise<number> {
  const io: Io = { ...surroundings, json: asksForJson(argv) };
  // make's words are make's grammar, not yargs': `V=1 -j4 zboot`. Its help is.
  if (argv[0] === "make" && !asksForHelp(argv)) {
    const { runMake } = await import("./make-command.ts");
    return runMake(argv, io);
  }
  if (isPacking(argv)) {
    const { runPack } = await import("./run-pack.ts");
    return runPack(argv, io);
  }
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
    .check((options) => {
      // yargs makes an array of an option that is given twice, whatever its type.
      const own = REPEATABLE_OF[String(options._[0])] ?? [];
      const twice = Object.keys(options).find(
        (name) =>
          name.length > 1 && Array.isArray(options[name]) && !REPEATABLE.has(name) && !own.includes(name),
      );
      if (twice !== undefined) throw new Error(`--${twice} is given more than once`);
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
  for (const add of COMMANDS) {
    parser = add(parser, { argv, io, finish });
  }
  let output = "";
  try {
    await parser.parseAsync([...argv], {}, (_error: unknown, _argv: unknown, text: string) => {
      output = text;
    });
  } catch (error) {
    if (!(error instanceof UsageProblem)) throw error;
    const status = report(io, { reason: "usage", detail: error.message });
    io.stderr("kexec-bpf --help shows what there is\n");
    return status;
  }
  if (output !== "") io.stdout(`${output}\n`);
  return status;
}
