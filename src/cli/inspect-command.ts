import type { Argv } from "yargs";
import type { Call } from "./call.ts";
import { partLimit } from "./limits.ts";
import { report } from "./report-failure.ts";

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
          type: "string",
          requiresArg: true,
          describe: "largest part a parser may carry, such as 64M",
        })
        .option("json", { type: "boolean", default: false }),
    async (options) => {
      const limit = partLimit(options.limit);
      if (!limit.ok) return finish(report(io, limit.failure));
      const { runInspect } = await import("./inspect.ts");
      const { file, hashes, json } = options;
      finish(await runInspect({ file, hashes, limit: limit.value, json }, io));
    },
  );
}
