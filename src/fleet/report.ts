import type { CacheReport } from "#cache/action-cache.ts";
import type { KernelRecord } from "./record.ts";
import type { Shard } from "./shard.ts";

/** What came of a fleet, or of a shard of it: `fleet-report.json` in the output folder. */
export type FleetReport = {
  readonly schema: 1;
  /** The program that built it. */
  readonly version: string;
  /** SHA-256 of what FLEET.json says. */
  readonly fleet: string;
  /** Null for a whole fleet. */
  readonly shard: (Shard & { readonly plan: string }) | null;
  /** Whether nothing failed and nothing is left. */
  readonly ok: boolean;
  readonly counts: { readonly built: number; readonly failed: number; readonly left: number };
  readonly kernels: readonly KernelRecord[];
  readonly cache: CacheReport | null;
  readonly milliseconds: number;
};

/** Which report is a folder's: of shards, several may share one. */
export function reportName(shard: Shard | null): string {
  return shard === null ? "fleet-report.json" : `fleet-report.${shard.index}-of-${shard.count}.json`;
}

export const REPORT_NAME = /^fleet-report(?:\.\d+-of-\d+)?\.json$/;

export function countKernels(kernels: readonly KernelRecord[]): FleetReport["counts"] {
  const count = (state: KernelRecord["state"]) => kernels.filter((kernel) => kernel.state === state).length;
  return { built: count("built"), failed: count("failed"), left: count("left") };
}
