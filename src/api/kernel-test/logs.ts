import { join } from "node:path";
import { ok, type Result } from "#core/result.ts";
import { makeFolder, writeOutput } from "#files/output.ts";
import type { TestedKernel } from "./request.ts";

/** Leaves `RELEASE.console` and a verifier log for each parser in the folder. Errors: `file-failed`. */
export async function keepLogs(folder: string, { plan, report }: TestedKernel): Promise<Result<void>> {
  const { release, console, loads } = report;
  const made = await makeFolder(folder);
  if (!made.ok) return made;
  const files: [string, string][] = [[`${release}.console`, console]];
  for (const [index, { log }] of loads) {
    const name = plan.subjects[index]?.name.replaceAll(/[ /]+/g, "-") ?? String(index);
    files.push([`${release}-${name}.verifier`, log]);
  }
  for (const [name, text] of files) {
    const written = await writeOutput(join(folder, name), text);
    if (!written.ok) return written;
  }
  return ok(undefined);
}
