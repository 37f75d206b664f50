import { join } from "node:path";
import { inTurn } from "#api/common/in-turn.ts";
import { packageRoot } from "#api/common/package-root.ts";
import { VERSION } from "#api/common/version.ts";
import { withCache } from "#api/common/with-cache.ts";
import type { Context } from "#api/context.ts";
import { kernelHeaders } from "#build/kernel-headers/open.ts";
import type { WorkSharing } from "#build/run/sharing.ts";
import { Slots } from "#build/run/slots.ts";
import type { DigestState } from "#build/state/state.ts";
import { ActionCache, type CacheReport } from "#cache/action-cache.ts";
import { directoryStore } from "#cache/directory-store.ts";
import { err, ok, type Result } from "#core/result.ts";
import { digest } from "#files/digest.ts";
import { makeFolder, removeStaleTemporaries } from "#files/output.ts";
import { isSettled, stampOf } from "#files/stamp.ts";
import type { Fleet, FleetKernel } from "#fleet/file/fleet-file.ts";
import { cachedReader } from "#fleet/reading/cached-reader.ts";
import { ThreadReader } from "#fleet/reading/in-thread.ts";
import { sharedReader } from "#fleet/reading/shared-reader.ts";
import { isGood, type KernelRecord, leftRecord } from "#fleet/record.ts";
import { countKernels, type FleetReport, reportName } from "#fleet/report.ts";
import { assignShards } from "#fleet/shard.ts";
import { cancelled } from "#toolchain/process.ts";
import { FleetJudge } from "./judge.ts";
import { chosenKernels, readFleet } from "./read-fleet.ts";
import { readTimes } from "./read-report.ts";
import { FLEET_PRIVATE, readRecord } from "./records.ts";
import type { FleetRequest } from "./request.ts";
import { FleetRun } from "./schedule.ts";
import { readVerified, verifiedRecords } from "./verified.ts";
import { writeReport } from "./write-report.ts";

/**
 * Builds and judges the kernels of a fleet, or of a shard of it. One that fails fails alone; what was done stays, and is not done again by
 * the next run. The report is written in the end, whatever came of the kernels.
 *
 * Errors: those of reading the fleet; `usage`; `cancelled`; `file-failed` for the output folder.
 */
export async function runFleet(request: FleetRequest, context: Context): Promise<Result<FleetReport>> {
  const fleet = await readFleet(request.file);
  if (!fleet.ok) return fleet;
  const verified = await readVerified(request.verified);
  if (!verified.ok) return verified;
  const chosen = chosenKernels(fleet.value, request.only);
  if (!chosen.ok) return chosen;
  const share = await shareOf(fleet.value, request);
  if (!share.ok) return share;
  const { shard } = share.value;
  // Shards of one folder are not in each other's way.
  const turn = shard === null ? request.out : join(request.out, reportName(shard));
  return inTurn(turn, context, async () => {
    const ran = await runShare(request, fleet.value, share.value, chosen.value, context);
    if (!ran.ok) return ran;
    const report = { ...ran.value, kernels: verifiedRecords(ran.value.kernels, verified.value) };
    const written = await writeReport(request.out, report);
    return written.ok ? ok(report) : written;
  });
}

type Share = { readonly shard: FleetReport["shard"]; readonly kernels: readonly FleetKernel[] };

/** The kernels of this machine. Errors: those of reading the times. */
async function shareOf({ kernels }: Fleet, { shard, times }: FleetRequest): Promise<Result<Share>> {
  if (shard === undefined) return ok({ shard: null, kernels });
  const known = times === undefined ? ok(new Map<string, number>()) : await readTimes(times);
  if (!known.ok) return known;
  const shards = assignShards(kernels, shard.count, known.value);
  const plan = digest(JSON.stringify(shards.map((one) => one.map(({ name }) => name))));
  return ok({ shard: { ...shard, plan }, kernels: shards[shard.index - 1] ?? [] });
}

async function runShare(
  request: FleetRequest,
  fleet: Fleet,
  { shard, kernels }: Share,
  chosen: readonly FleetKernel[],
  context: Context,
): Promise<Result<FleetReport>> {
  const { out, jobs, cache } = request;
  const started = performance.now();
  const made = await makeFolder(join(out, FLEET_PRIVATE, "records"));
  if (!made.ok) return made;
  removeStaleTemporaries(join(out, FLEET_PRIVATE, "records"));
  removeStaleTemporaries(out);
  const ready = kernels.filter((kernel) => chosen.includes(kernel));
  const warn = (text: string) => context.emit({ kind: "warning", text });
  const own = new ActionCache(directoryStore(join(out, FLEET_PRIVATE, "cache")), "both", warn);
  const reader = new ThreadReader(join(packageRoot(), "dist", "kernel-worker.mjs"), context.signal);
  const run = (work: WorkSharing, other: ActionCache | undefined) => {
    const digests = new Map<string, DigestState>();
    const digestOf = (file: string) => knownDigest(file, digests, reader);
    const kernels = sharedReader(2, other === undefined ? reader : cachedReader(reader, other, digestOf));
    const headers = kernelHeaders(context.env);
    const sharing = { slots: new Slots(jobs), work, kernels, digests, headers };
    const tools = { sharing, judge: new FleetJudge({ ...context, emit: () => undefined }) };
    return new FleetRun(request, context, tools).carryOut(ready);
  };
  const ran = await withCache(cache, context, run, own).finally(() => reader.close());
  if (!ran.value.ok) return ran.value;
  if (context.signal.aborted) return err(cancelled(context.signal));
  const records = await allRecords(out, kernels, ran.value.value);
  return ok(reportOf(fleet, shard, records, ran.cache, performance.now() - started));
}

/** What builds know of a file from outside, or what the thread finds out and they then know. */
async function knownDigest(
  file: string,
  digests: Map<string, DigestState>,
  reader: ThreadReader,
): Promise<Result<string>> {
  const stamp = stampOf(file);
  const known = digests.get(file);
  if (known !== undefined && known.stamp === stamp && !known.young) return ok(known.digest);
  const young = !isSettled(stamp, Date.now());
  const read = await reader.digest(file);
  if (!read.ok) return read;
  digests.set(file, { stamp, digest: read.value, ...(young && { young }) });
  return read;
}

/** Of kernels that were not chosen, what an earlier run has left. */
async function allRecords(
  out: string,
  kernels: readonly FleetKernel[],
  done: readonly KernelRecord[],
): Promise<readonly KernelRecord[]> {
  const records: KernelRecord[] = [];
  for (const { name } of kernels) {
    const own = done.find((record) => record.name === name);
    records.push(own ?? (await readRecord(out, name))?.record ?? leftRecord(name));
  }
  return records;
}

function reportOf(
  { kernels: all }: Fleet,
  shard: FleetReport["shard"],
  kernels: readonly KernelRecord[],
  cache: CacheReport | undefined,
  milliseconds: number,
): FleetReport {
  return {
    schema: 1,
    version: VERSION,
    fleet: digest(JSON.stringify(all.map(({ name }) => name))),
    shard,
    ok: kernels.every(isGood),
    counts: countKernels(kernels),
    kernels,
    cache: cache ?? null,
    milliseconds: Math.round(milliseconds),
  };
}
