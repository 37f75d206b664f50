import { join } from "node:path";
import type { DescribedCommand } from "#commands/described.ts";
import { makeFolder, writeOutput } from "#files/output.ts";
import { EXIT } from "#report/exit-code.ts";
import type { Io } from "#report/io.ts";
import { report } from "#report/report-failure.ts";
import type { ManualWords } from "./options.ts";
import { commandPage, pageName, programPage } from "./page.ts";

/** @param groups what is said of a first word that several commands have */
export async function runManual(
  { given }: ManualWords,
  io: Io,
  commands: readonly DescribedCommand[],
  groups: Readonly<Record<string, string>>,
): Promise<number> {
  const folder = await makeFolder(given.output);
  if (!folder.ok) return report(io, folder.failure);
  const pages = new Map([
    ["kexec-bpf.1", programPage(commands, groups)],
    ...commands.map((command) => [`${pageName(command.names)}.1`, commandPage(command)] as const),
  ]);
  for (const [name, text] of pages) {
    const written = await writeOutput(join(given.output, name), text);
    if (!written.ok) return report(io, written.failure);
  }
  return EXIT.ok;
}
