import { availableParallelism } from "node:os";
import type { Argv } from "yargs";
import { REVISIONS } from "#abi/revisions.ts";
import { PARSER_ARCHITECTURES } from "#verify/parser-architecture.ts";
import { REFERENCES } from "#verify/reference-names.ts";
import type { Call } from "./call.ts";
import { numberOption } from "./numbers.ts";

const text = { type: "string", requiresArg: true } as const;

/** `kexec-bpf fuzz`: a parser against its reference parser, on images made up without end. */
export function fuzzCommand(parser: Argv, { io, finish }: Call): Argv {
  return parser.command(
    "fuzz <parser>",
    "look for images and faults with which a parser does not do what its reference parser says",
    (command) =>
      command
        .positional("parser", {
          type: "string",
          demandOption: true,
          describe: ".bpf container, _bytecode.o or BPF .o",
        })
        .option("image", {
          type: "string",
          array: true,
          requiresArg: true,
          default: [] as string[],
          describe: "good image to start from (repeatable; default: small built-in ones)",
        })
        .option("corpus", {
          ...text,
          describe: "folder of the queue and the findings (default: PARSER.fuzz)",
        })
        .option("seed", {
          ...numberOption("seed"),
          describe: "for the sequence of cases (default: 1)",
        })
        .option("runs", { ...numberOption("runs"), describe: "cases to run" })
        .option("time", { ...numberOption("time"), describe: "how long, such as 90, 15m, 8h" })
        .option("workers", {
          ...numberOption("workers"),
          default: availableParallelism(),
          describe: "threads; with 1 the same seed gives the same cases",
        })
        .option("reference", {
          choices: REFERENCES,
          describe: "what to judge by (default: by the source's name, as in uki_parser_bpf.c)",
        })
        .option("abi", { choices: REVISIONS, describe: "interface revision (default: the parser's own)" })
        .option("arch", {
          choices: PARSER_ARCHITECTURES,
          describe: "of the kernels that it is for, where its file does not say",
        })
        .option("max-kernel", {
          ...numberOption("max-kernel"),
          describe: "largest kernel that its record takes",
        })
        .option("max-initrd", { ...numberOption("max-initrd"), describe: "largest initrd" })
        .option("max-cmdline", { ...numberOption("max-cmdline"), describe: "largest command line" })
        .option("json", { type: "boolean", default: false, describe: "the summary as JSON" }),
    async (options) => {
      const { runFuzz } = await import("./run-fuzz.ts");
      finish(await runFuzz(options, io));
    },
  );
}
