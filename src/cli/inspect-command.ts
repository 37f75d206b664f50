import type { Argv } from "yargs";
import type { Call } from "./call.ts";
import { LARGEST_PART } from "./limits.ts";
import { numberOption } from "./numbers.ts";

/** `kexec-bpf inspect`: what a file is and what is in it. */
export function inspectCommand(parser: Argv, { io, finish }: Call): Argv {
  return parser.command(
    "inspect <file>",
    "show what a file is, its parts, oddities, and the stream that each parser would emit",
    (command) =>
      command
        .positional("file", { type: "string", demandOption: true })
        .option("hashes", { type: "boolean", default: true, describe: "SHA-256 of the file and its parts" })
        .option("limit", {
          ...numberOption("limit"),
          default: LARGEST_PART,
          defaultDescription: "what the kernel can take",
          describe: "largest part a parser may carry, such as 64M",
        })
        .option("json", { type: "boolean", default: false }),
    async (options) => {
      const { runInspect } = await import("./inspect.ts");
      const { file, hashes, limit, json } = options;
      finish(await runInspect({ file, hashes, limit, json }, io));
    },
  );
}
