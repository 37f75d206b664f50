// SPDX-License-Identifier: MIT
// What a benchmark has measured, in one shape for all of them: bench/all.mjs asks for it in a file.
import { writeFileSync } from "node:fs";
import { median } from "./measure.mjs";

/** The variable of the environment that names the file. */
export const ROWS_FILE = "KEXEC_BPF_BENCH_ROWS";

const rows = [];

/**
 * Takes down one measured thing.
 *
 * @param work what was done
 * @param peer what it is compared with; undefined where the figure stands for itself
 * @param unit of the figures; "ratio" is ours to the peer's
 * @param values a figure of each round, or the only one
 * @param goal none where there is none
 * @param more whether more is better
 */
export function addRow({ work, peer, unit = "ratio", values, goal, more = false }) {
  const value = median(values);
  const met = goal === undefined ? null : more ? value >= goal : value <= goal;
  rows.push({
    ...{ work, peer: peer ?? null, unit, value, low: Math.min(...values), high: Math.max(...values) },
    ...{ goal: goal ?? null, more, met },
  });
}

process.on("exit", () => {
  const file = process.env[ROWS_FILE];
  if (file !== undefined) writeFileSync(file, JSON.stringify(rows));
});
