import { availableParallelism } from "node:os";
import type { Argv } from "yargs";
import { REVISIONS } from "#abi/revisions.ts";
import type { Call } from "./call.ts";
import { parseSize } from "./sizes.ts";

const size = (text: string): number => {
  const bytes = parseSize(text);
  if (bytes === undefined) throw new Error(`${text} is no size: bytes, or a number with K, M or G`);
  return bytes;
};

/** `90`, `90s`, `15m`, `8h` as seconds. */
const duration = (text: string): number => {
  const [, number, unit = ""] = /^(\d{1,9}(?:\.\d+)?)([smh]?)$/.exec(text) ?? [];
  if (number === undefined) throw new Error(`${text} is no time: seconds, or a number with s, m or h`);
  return Number(number) * (unit === "h" ? 3600 : unit === "m" ? 60 : 1);
};

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
          type: "number",
          requiresArg: true,
          describe: "for the sequence of cases (default: 1)",
        })
        .option("runs", { type: "number", requiresArg: true, describe: "cases to run" })
        .option("time", { ...text, coerce: duration, describe: "how long, such as 90, 15m, 8h" })
        .option("workers", {
          type: "number",
          requiresArg: true,
          default: availableParallelism(),
          describe: "threads; with 1 the same seed gives the same cases",
        })
        .option("reference", {
          choices: ["zboot", "envelope", "uki"] as const,
          describe: "what to judge by (default: by the source's name, as in uki_parser_bpf.c)",
        })
        .option("abi", { choices: REVISIONS, describe: "interface revision (default: the parser's own)" })
        .option("max-kernel", { ...text, coerce: size, describe: "largest kernel that its record takes" })
        .option("max-initrd", { ...text, coerce: size, describe: "largest initrd" })
        .option("max-cmdline", { ...text, coerce: size, describe: "largest command line" })
        .option("json", { type: "boolean", default: false, describe: "the summary as JSON" })
        .check(({ seed, runs, workers }) => {
          const counts = { seed, runs, workers };
          for (const [name, value] of Object.entries(counts)) {
            if (value === undefined) continue;
            const least = name === "seed" ? 0 : 1;
            if (!Number.isSafeInteger(value) || value < least) {
              throw new Error(`--${name} takes a number from ${least}`);
            }
          }
          return true;
        }),
    async (options) => {
      const { runFuzz } = await import("./run-fuzz.ts");
      finish(await runFuzz(options, io));
    },
  );
}
