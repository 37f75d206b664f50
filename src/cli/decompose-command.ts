import { join, resolve } from "node:path";
import type { Argv } from "yargs";
import { REVISIONS } from "#abi/revisions.ts";
import { digest } from "#files/digest.ts";
import { makeFolder } from "#files/output.ts";
import { writeOutputs } from "#files/output-set.ts";
import { EXIT } from "#report/exit-code.ts";
import { table } from "#report/table.ts";
import type { Call } from "./call.ts";
import { partLimit } from "./limits.ts";
import { read } from "./read-file.ts";
import { report } from "./report-failure.ts";
import { formatSize } from "./sizes.ts";

/** `kexec-bpf decompose`: what the kernel would make of an image. */
export function decomposeCommand(parser: Argv, { io, finish }: Call): Argv {
  return parser.command(
    "decompose <container> <image>",
    "take an image apart as the kernel would, with the parsers' bytecode",
    (command) =>
      command
        .positional("container", {
          type: "string",
          demandOption: true,
          describe: ".bpf container (v6: not used, the image has its own)",
        })
        .positional("image", { type: "string", demandOption: true })
        .option("output", {
          alias: "o",
          type: "string",
          requiresArg: true,
          demandOption: true,
          describe: "folder for kernel, initrd, cmdline; one that the image does not have is removed",
        })
        .option("abi", { choices: REVISIONS, default: "v7" as const, describe: "interface revision" })
        .option("reference", {
          type: "boolean",
          default: false,
          describe: "let the reference parsers stand in for the bytecode",
        })
        .option("limit", {
          type: "string",
          requiresArg: true,
          describe: "with --reference: the largest part, such as 64M",
        })
        .option("json", { type: "boolean", default: false }),
    async (options) => {
      const limit = partLimit(options.limit);
      if (!limit.ok) return finish(report(io, limit.failure));
      const container = await read(resolve(io.cwd, options.container));
      if (!container.ok) return finish(report(io, container.failure));
      const image = await read(resolve(io.cwd, options.image));
      if (!image.ok) return finish(report(io, image.failure));
      const { decompose } = await import("#model/decompose.ts");
      const { referenceRunner } = await import("#reference/runner.ts");
      const { vmRunner } = await import("#verify/vm-runner.ts");
      const limits = { kernel: limit.value, initrd: limit.value, cmdline: limit.value };
      const runParser = options.reference ? referenceRunner(options.abi, limits) : vmRunner(options.abi);
      const decomposed = await decompose(
        options.abi === "v6"
          ? { revision: "v6", image: image.value, runParser }
          : { revision: "v7", container: container.value, image: image.value, runParser },
      );
      if (!decomposed.ok) return finish(report(io, decomposed.failure));
      // That the kernel would go on to a parser that behaves does not excuse the one before.
      const misbehaved = decomposed.value.attempts.find(
        ({ failure }) =>
          failure?.reason === "not-decomposed" &&
          failure.causes.some(({ reason }) => reason === "parser-misbehaved"),
      );
      if (misbehaved?.failure !== undefined) return finish(report(io, misbehaved.failure));
      const folder = resolve(io.cwd, options.output);
      const made = await makeFolder(folder);
      if (!made.ok) return finish(report(io, made.failure));
      const outputs = (["kernel", "initrd", "cmdline"] as const).map((name) => ({
        name,
        file: join(folder, name),
        // A part that this image does not have is removed: one of an earlier run would pass for this one's.
        content: decomposed.value[name],
      }));
      const written = writeOutputs(outputs);
      if (!written.ok) return finish(report(io, written.failure));
      const parts = outputs.flatMap(({ name, file, content }) =>
        content === undefined ? [] : [{ name, file, size: content.length, sha256: digest(content) }],
      );
      const rows = parts.map(({ name, size, sha256, file }) => [name, formatSize(size), sha256, file]);
      io.stdout(
        options.json
          ? `${JSON.stringify({ schema: 1, revision: options.abi, parts })}\n`
          : `${table(rows)}\n`,
      );
      finish(EXIT.ok);
    },
  );
}
