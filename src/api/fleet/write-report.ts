import { join } from "node:path";
import type { Result } from "#core/result.ts";
import { writeOutput } from "#files/output.ts";
import { type FleetReport, reportName } from "#fleet/report.ts";

/** Errors: `file-failed`. */
export function writeReport(out: string, report: FleetReport): Promise<Result<void>> {
  return writeOutput(join(out, reportName(report.shard)), `${JSON.stringify(report, undefined, 1)}\n`);
}
