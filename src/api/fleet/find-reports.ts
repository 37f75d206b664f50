import { join } from "node:path";
import { err, ok, type Result } from "#core/result.ts";
import { fileFailed } from "#files/errno.ts";
import { filesIn } from "#files/folder.ts";
import type { ShardReport } from "#fleet/merge.ts";
import { REPORT_NAME } from "#fleet/report.ts";
import { readReport } from "./read-report.ts";

/** The reports of an output folder; of shards that share one, all. Errors: `input-not-found`; those of `readReport`. */
export async function reportsIn(folder: string): Promise<Result<readonly ShardReport[]>> {
  let names: readonly string[];
  try {
    names = (await filesIn(folder)).filter((name) => REPORT_NAME.test(name));
  } catch (error) {
    return err(fileFailed("read", folder, error));
  }
  if (names.length === 0) {
    const tried = [join(folder, "fleet-report*.json")];
    return err({
      reason: "input-not-found",
      what: "the report of a fleet",
      tried,
      hint: "an output folder of fleet run",
    });
  }
  const reports: ShardReport[] = [];
  for (const name of names) {
    const file = join(folder, name);
    const report = await readReport(file);
    if (!report.ok) return report;
    reports.push({ file, report: report.value });
  }
  return ok(reports);
}
