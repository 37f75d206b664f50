import type { Argv } from "yargs";
import { REVISIONS } from "#abi/revisions.ts";
import type { Call } from "./call.ts";

const FORMATS = ["zboot", "uki", "envelope", "plain"] as const;

/** `kexec-bpf corpus`: the hostile inputs as files. */
export function corpusCommand(parser: Argv, { io, finish }: Call): Argv {
  return parser.command(
    "corpus",
    "write hostile images to a folder, for `verify --image` and for other people's parsers",
    (command) =>
      command
        .option("output", {
          alias: "o",
          type: "string",
          requiresArg: true,
          demandOption: true,
          describe: "folder",
        })
        .option("format", { choices: FORMATS, describe: "only images of this format" })
        .option("from", {
          type: "string",
          requiresArg: true,
          describe: "mutate this image instead of small built-in ones",
        })
        .option("abi", { choices: REVISIONS, default: "v7" as const, describe: "interface revision" })
        .option("json", { type: "boolean", default: false, describe: "list the cases as JSON" }),
    async (options) => {
      const { writeCorpus } = await import("./write-corpus.ts");
      finish(await writeCorpus(options, io));
    },
  );
}
