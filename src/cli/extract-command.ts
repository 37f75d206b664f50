import { resolve } from "node:path";
import type { Argv } from "yargs";
import { digest } from "#files/digest.ts";
import { writeOutput } from "#files/output.ts";
import { EXIT } from "#report/exit-code.ts";
import type { Call } from "./call.ts";
import { report } from "./report-failure.ts";
import { formatSize } from "./sizes.ts";

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
    async (options) => {
      const { extractKernel } = await import("#kernel/extract.ts");
      const output = resolve(io.cwd, options.output);
      const extracted = await extractKernel(resolve(io.cwd, options.file));
      if (!extracted.ok) return finish(report(io, extracted.failure));
      const { bytes, steps, what } = extracted.value;
      const written = await writeOutput(output, bytes);
      if (!written.ok) return finish(report(io, written.failure));
      const sha256 = digest(bytes);
      io.stdout(
        options.json
          ? `${JSON.stringify({ schema: 1, output, what, steps, size: bytes.length, sha256 })}\n`
          : `${output}: ${what}, ${formatSize(bytes.length)} (${[...steps, what].join(" > ")})\nsha256 ${sha256}\n`,
      );
      finish(EXIT.ok);
    },
  );
}
