import type { DoctorReport } from "#api/doctor.ts";
import type { Style } from "#report/style.ts";
import { table } from "#report/table.ts";

/** The tools for people, and the command that mends what is missing. */
export function doctorText({ tools, remedy }: DoctorReport, { good, bad, dim }: Style): string {
  const rows = tools.map((tool) => [
    tool.name,
    tool.state === "missing" && tool.optional ? "missing (optional)" : tool.state,
    tool.version ?? "",
    tool.path ?? "",
    tool.state === "found" ? tool.detail : `${tool.detail}; needed: ${tool.needed}`,
  ]);
  const lines = table([["tool", "state", "version", "path", ""], ...rows]).split("\n");
  const coloured = lines.map((line, index) => {
    const tool = tools[index - 1];
    if (tool === undefined) return dim(line);
    return tool.state === "found" ? good(line) : tool.optional ? dim(line) : bad(line);
  });
  return `${coloured.join("\n")}\n${remedy === undefined ? "" : `\nto mend it: ${remedy}\n`}`;
}
