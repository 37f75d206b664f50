import { stat } from "node:fs/promises";
import { join } from "node:path";
import { err, ok, type Result } from "#core/result.ts";
import { fileFailed } from "#files/errno.ts";
import { fsPath } from "#files/raw-path.ts";
import { type Change, compareRuns, type FailOn, failing } from "#fleet/compare.ts";
import { reportName } from "#fleet/report.ts";
import { readReport } from "./read-report.ts";

export type FleetCompareRequest = {
  /** Output folders or reports, absolute. */
  readonly old: string;
  readonly new: string;
  readonly failOn: readonly FailOn[];
};

export type FleetComparison = {
  readonly schema: 1;
  readonly changes: readonly Change[];
  /** Those that were asked to be failures. */
  readonly failing: readonly Change[];
};

/** Errors: those of reading the reports. */
export async function compareFleets(request: FleetCompareRequest): Promise<Result<FleetComparison>> {
  const [before, after] = [await reportOf(request.old), await reportOf(request.new)];
  if (!before.ok) return before;
  if (!after.ok) return after;
  const changes = compareRuns(before.value.kernels, after.value.kernels);
  return ok({ schema: 1, changes, failing: failing(changes, request.failOn) });
}

async function reportOf(path: string) {
  try {
    const isFolder = (await stat(fsPath(path))).isDirectory();
    return readReport(isFolder ? join(path, reportName(null)) : path);
  } catch (error) {
    return err(fileFailed("read", path, error));
  }
}
