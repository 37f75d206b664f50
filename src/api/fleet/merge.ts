import { dirname, join, relative } from "node:path";
import { ok, type Result } from "#core/result.ts";
import { makeFolder } from "#files/output.ts";
import { mergeShards, type ShardReport } from "#fleet/merge.ts";
import type { FleetReport } from "#fleet/report.ts";
import { reportsIn } from "./find-reports.ts";
import { readVerified, verifiedRecords } from "./verified.ts";
import { writeReport } from "./write-report.ts";

export type MergeRequest = {
  /** Output folders of shards, absolute. */
  readonly folders: readonly string[];
  /** Gets the report. */
  readonly out: string;
  /** Reports of kernel-test. */
  readonly verified: readonly string[];
};

/** Makes one report of shards. Errors: those of `reportsIn`, `readVerified` and `mergeShards`; `file-failed`. */
export async function mergeFleet({
  folders,
  out,
  verified: files,
}: MergeRequest): Promise<Result<FleetReport>> {
  const verified = await readVerified(files);
  if (!verified.ok) return verified;
  const reports: ShardReport[] = [];
  for (const folder of new Set(folders)) {
    const found = await reportsIn(folder);
    if (!found.ok) return found;
    // A merged report of the same folder is what this makes anew.
    const shards = found.value.filter(({ report }) => report.shard !== null);
    reports.push(...(shards.length > 0 ? shards : found.value));
  }
  const merged = mergeShards(reports, (record, { file }) => ({
    ...record,
    folder: relative(out, join(dirname(file), record.folder)),
  }));
  if (!merged.ok) return merged;
  const made = await makeFolder(out);
  if (!made.ok) return made;
  const report = { ...merged.value, kernels: verifiedRecords(merged.value.kernels, verified.value) };
  const written = await writeReport(out, report);
  return written.ok ? ok(report) : written;
}
