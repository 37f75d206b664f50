import type { FleetComparison } from "#api/fleet/compare.ts";
import type { FleetStatus } from "#api/fleet/status.ts";
import { table } from "#report/table.ts";
import { troubleLines } from "./text.ts";

/** What has come of a fleet so far, a line for each kernel. */
export function statusText({ kernels, counts, changed }: FleetStatus): string {
  const { built, failed, left } = counts;
  const state = ({ name, state: own }: (typeof kernels)[number]) =>
    changed.includes(name) ? "built, but something has changed since" : own;
  const rows = kernels.map((kernel) => [kernel.name, state(kernel)]);
  const troubles = kernels.flatMap((kernel) => troubleLines(kernel));
  return `${[table(rows), ...troubles, `${built} built, ${failed} failed, ${left} left`].join("\n")}\n`;
}

/** What changed between two runs, a line for each change; those that were asked to be failures are marked. */
export function comparisonText({ changes, failing }: FleetComparison): string {
  if (changes.length === 0) return "nothing changed\n";
  const short = (value: string | number | null) => String(value ?? "-").slice(0, 16);
  const rows = changes.map((change) => [
    change.kernel,
    change.parser ?? "",
    change.kind,
    `${short(change.old)} -> ${short(change.new)}`,
    failing.includes(change) ? "FAILS" : change.regression ? "worse" : "",
  ]);
  return `${table(rows)}\n`;
}
