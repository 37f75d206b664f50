import type { Argv } from "yargs";
import { EXIT } from "#report/exit-code.ts";
import { styleFor } from "#report/style.ts";
import { table } from "#report/table.ts";
import type { Call } from "./call.ts";
import { setupScript } from "./package-root.ts";

/** `kexec-bpf doctor`: which tools there are, and what mends what is missing. */
export function doctorCommand(parser: Argv, { io, finish }: Call): Argv {
  return parser.command(
    "doctor",
    "show the tools found, those too old or missing, and the one command that mends it",
    (command) =>
      command
        .option("kernel-tree", {
          type: "string",
          requiresArg: true,
          describe: "look for libbpf's headers there first",
        })
        .option("json", { type: "boolean", default: false, describe: "the report as JSON" }),
    async (options) => {
      const { examineTools } = await import("#toolchain/doctor.ts");
      const { examineKernelVm } = await import("#guest/examine.ts");
      const { surroundings } = await import("./guest-surroundings.ts");
      const [toolchain, machines] = await Promise.all([
        examineTools({
          env: io.env,
          cwd: io.cwd,
          signal: io.signal,
          setupScript: setupScript(),
          ...(options.kernelTree === undefined ? {} : { kernelTree: options.kernelTree }),
        }),
        examineKernelVm(surroundings(io)),
      ]);
      const report = { ...toolchain, tools: [...toolchain.tools, ...machines] };
      finish(report.healthy ? EXIT.ok : EXIT.tools);
      if (options.json) {
        io.stdout(`${JSON.stringify(report)}\n`);
        return;
      }
      const { good, bad, dim } = styleFor(io.terminal.stdout, io.env);
      const rows = report.tools.map((tool) => [
        tool.name,
        tool.state === "missing" && tool.optional ? "missing (optional)" : tool.state,
        tool.version ?? "",
        tool.path ?? "",
        tool.state === "found" ? tool.detail : `${tool.detail}; needed: ${tool.needed}`,
      ]);
      const lines = table([["tool", "state", "version", "path", ""], ...rows]).split("\n");
      const coloured = lines.map((line, index) => {
        const tool = report.tools[index - 1];
        if (tool === undefined) return dim(line);
        return tool.state === "found" ? good(line) : tool.optional ? dim(line) : bad(line);
      });
      io.stdout(`${coloured.join("\n")}\n`);
      if (report.remedy !== undefined) io.stdout(`\nto mend it: ${report.remedy}\n`);
    },
  );
}
