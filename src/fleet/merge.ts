import type { BadFleet } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { KernelRecord } from "./record.ts";
import { isGood } from "./record.ts";
import { countKernels, type FleetReport } from "./report.ts";

/** A shard's report, and where it lies. */
export type ShardReport = { readonly file: string; readonly report: FleetReport };

/**
 * One report of all shards. `placed` makes of a kernel's folder in a shard that in the merged report.
 *
 * Errors: `bad-fleet`, naming shards that are missing or there twice, and reports that are of other fleets.
 */
export function mergeShards(
  reports: readonly ShardReport[],
  placed: (record: KernelRecord, shard: ShardReport) => KernelRecord,
): Result<FleetReport, BadFleet> {
  const [first] = reports;
  const problems = first === undefined ? ["there is no report"] : problemsOf(first, reports);
  if (first === undefined || problems.length > 0) {
    return err({ reason: "bad-fleet", file: first?.file ?? "", problems });
  }
  const kernels = reports
    .flatMap((shard) => shard.report.kernels.map((record) => placed(record, shard)))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return ok({
    ...first.report,
    shard: null,
    ok: kernels.every(isGood),
    counts: countKernels(kernels),
    kernels,
    cache: null,
    // Of the slowest: they run side by side.
    milliseconds: Math.max(...reports.map(({ report }) => report.milliseconds)),
  });
}

function problemsOf(first: ShardReport, reports: readonly ShardReport[]): readonly string[] {
  const problems: string[] = [];
  const own = first.report.shard;
  const shards = new Map<number, string>();
  for (const { file, report } of reports) {
    const { shard } = report;
    if (report.fleet !== first.report.fleet) problems.push(`${file} is of another fleet than ${first.file}`);
    if (report.version !== first.report.version) {
      problems.push(`${file} is by version ${report.version}, ${first.file} by ${first.report.version}`);
    }
    if (own === null || shard === null) {
      if (reports.length > 1) problems.push(`${file} is of no shard`);
    } else if (shard.count !== own.count || shard.plan !== own.plan) {
      problems.push(
        `${file} shares the kernels out otherwise than ${first.file}: the same --shard and --times are needed`,
      );
    } else if (shards.has(shard.index)) {
      problems.push(
        `shard ${shard.index} of ${shard.count} is there twice: ${shards.get(shard.index)}, ${file}`,
      );
    } else shards.set(shard.index, file);
  }
  if (own === null || problems.length > 0) return [...new Set(problems)];
  for (let index = 1; index <= own.count; index += 1) {
    if (!shards.has(index)) problems.push(`shard ${index} of ${own.count} is missing`);
  }
  return problems;
}
