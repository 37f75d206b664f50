import { join } from "node:path";
import { upToDate } from "#build/up-to-date.ts";
import { ok, type Result } from "#core/result.ts";
import { isGood, type KernelRecord, leftRecord } from "#fleet/record.ts";
import { countKernels, type FleetReport } from "#fleet/report.ts";
import { chosenKernels, readFleet } from "./read-fleet.ts";
import { readRecord } from "./records.ts";
import type { FleetRequest } from "./request.ts";

export type FleetStatus = Pick<FleetReport, "schema" | "ok" | "counts" | "kernels"> & {
  /** Built, but an input or an output is not what it was. */
  readonly changed: readonly string[];
};

/** What has come of the kernels so far. Errors: those of reading the fleet. */
export async function fleetStatus({
  file,
  out,
  only,
}: Pick<FleetRequest, "file" | "out" | "only">): Promise<Result<FleetStatus>> {
  const fleet = await readFleet(file);
  if (!fleet.ok) return fleet;
  const chosen = chosenKernels(fleet.value, only);
  if (!chosen.ok) return chosen;
  const kernels: KernelRecord[] = [];
  const changed: string[] = [];
  for (const { name } of chosen.value) {
    const stored = await readRecord(out, name);
    kernels.push(stored?.record ?? leftRecord(name));
    const built = stored?.record.state === "built";
    if (built && upToDate(join(out, name), stored.key) === undefined) changed.push(name);
  }
  const good = kernels.every(isGood) && changed.length === 0;
  return ok({ schema: 1, ok: good, counts: countKernels(kernels), kernels, changed });
}
