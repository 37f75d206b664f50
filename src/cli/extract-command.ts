import type { Argv } from "yargs";
import { EXTRACT_LAYERS } from "#kernel-image/extract-layers.ts";
import type { Call } from "./call.ts";

/** `kexec-bpf extract`: the kernel out of its wrappings. */
export function extractCommand(parser: Argv, { io, finish }: Call): Argv {
  return parser.command(
    "extract <file>",
    "take the kernel out of a zboot image, UKI, envelope, bzImage or Image.gz; flatten a vmlinux",
    (command) =>
      command
        .positional("file", { type: "string", demandOption: true })
        .option("output", {
          alias: "o",
          type: "string",
          requiresArg: true,
          demandOption: true,
          describe: "file to write",
        })
        .option("layer", {
          choices: EXTRACT_LAYERS,
          describe:
            "what to take: a part of a UKI or envelope, what boots, or the vmlinux; default: the innermost kernel",
        })
        .option("raw", {
          type: "boolean",
          default: false,
          describe: "do not ask whether what comes out is a kernel",
        })
        .option("json", { type: "boolean", default: false }),
    async ({ file, output, layer, raw, json }) => {
      const { runExtract } = await import("./extract.ts");
      finish(await runExtract({ file, output, layer, raw, json }, io));
    },
  );
}
