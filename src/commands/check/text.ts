import type { CheckReport } from "#api/check.ts";
import type { Style } from "#report/style.ts";
import { table } from "#report/table.ts";

/** @param inputsCount whether inputs that differ are failures */
export function checkText(
  { outputs, inputs }: CheckReport,
  inputsCount: boolean,
  { good, bad, dim }: Style,
): string {
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
    if (entry.file.state === "ok") return good(line);
    return entry.kind === "output" || inputsCount ? bad(line) : dim(line);
  });
  return `${coloured.join("\n")}\n`;
}
