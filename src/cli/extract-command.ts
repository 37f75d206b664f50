import type { Argv } from "yargs";
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
        .option("json", { type: "boolean", default: false }),
    async ({ file, output, json }) => {
      const { runExtract } = await import("./extract.ts");
      finish(await runExtract({ file, output, json }, io));
    },
  );
}
