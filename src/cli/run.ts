import yargs, { type Argv } from "yargs";
import { EXIT } from "#report/exit-code.ts";
import { buildCommand } from "./build-command.ts";
import type { Call } from "./call.ts";
import { doctorCommand } from "./doctor-command.ts";
import type { Io } from "./io.ts";
import { makeCommand, runMake } from "./make-command.ts";
import { VERSION } from "./request-key.ts";

const COMMANDS: readonly ((parser: Argv, call: Call) => Argv)[] = [buildCommand, makeCommand, doctorCommand];

/**
 * Runs the program.
 *
 * @param argv the arguments behind the program's name
 * @returns the exit status (`report/exit-code.ts`)
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  // make's words are make's grammar, not yargs': `V=1 -j4 zboot`. Its help is.
  if (argv[0] === "make" && !argv.some((word) => word === "--help" || word === "-h")) {
    return runMake(argv, io);
  }
  let status: number = EXIT.ok;
  let problem: string | undefined;
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
    .exitProcess(false)
    .wrap(Math.min(110, io.columns))
    .fail((message: string | null, error: Error | undefined) => {
      if (error !== undefined && error !== null && message === null) throw error;
      problem ??= message ?? "unusable arguments";
    });
  for (const add of COMMANDS) {
    parser = add(parser, { argv, io, finish });
  }
  let output = "";
  await parser.parseAsync([...argv], {}, (_error: unknown, _argv: unknown, text: string) => {
    output = text;
  });
  if (problem !== undefined) {
    io.stderr(`kexec-bpf: ${problem}\nkexec-bpf --help shows what there is\n`);
    return EXIT.usage;
  }
  if (output !== "") io.stdout(`${output}\n`);
  return status;
}
