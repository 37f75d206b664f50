import { resolve } from "node:path";
import type { Argv } from "yargs";
import { packageRoot } from "#api/package-root.ts";
import type { CheckedFile } from "#manifest/check.ts";
import { EXIT } from "#report/exit-code.ts";
import { report } from "#report/report-failure.ts";
import { styleFor } from "#report/style.ts";
import { table } from "#report/table.ts";
import type { Call } from "./call.ts";

/** `kexec-bpf check`: whether files are still those of which a manifest tells. */
export function checkCommand(parser: Argv, { io, finish }: Call): Argv {
  return parser.command(
    "check <manifest>",
    "hash the files that a manifest names, and compare",
    (command) =>
      command
        .positional("manifest", { type: "string", demandOption: true })
        .option("inputs", {
          type: "boolean",
          default: false,
          describe: "fail for changed and missing inputs too, and not for outputs alone",
        })
        .option("json", { type: "boolean", default: false }),
    async (options) => {
      const { checkManifest } = await import("#manifest/check.ts");
      const manifest = resolve(io.cwd, options.manifest);
      const checked = await checkManifest(manifest, packageRoot());
      if (!checked.ok) return finish(report(io, checked.failure));
      const { outputs, inputs } = checked.value;
      const differs = ({ state }: CheckedFile) => state !== "ok";
      const holds = ![...outputs, ...(options.inputs ? inputs : [])].some(differs);
      finish(holds ? EXIT.ok : EXIT.failed);
      if (options.json) {
        io.stdout(`${JSON.stringify({ schema: 1, manifest, ok: holds, outputs, inputs })}\n`);
        return;
      }
      const { good, bad, dim } = styleFor(io.terminal.stdout, io.env);
      const files = [
        ...outputs.map((file) => ({ file, kind: "output" })),
        ...inputs.map((file) => ({ file, kind: "input" })),
      ];
      const lines = table([
        ["", "state", "file"],
        ...files.map(({ file, kind }) => [kind, file.state, file.name]),
      ]).split("\n");
      const coloured = lines.map((line, index) => {
        const entry = files[index - 1];
        if (entry === undefined) return dim(line);
        if (!differs(entry.file)) return good(line);
        return entry.kind === "output" || options.inputs ? bad(line) : dim(line);
      });
      io.stdout(`${coloured.join("\n")}\n`);
    },
  );
}
