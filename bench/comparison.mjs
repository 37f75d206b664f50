// SPDX-License-Identifier: MIT
// How the benchmarks word what they measured.
import { mean, median, ratios } from "./measure.mjs";
import { addRow } from "./rows.mjs";

/** The median, and the least and the most beside it. */
export function spread(values, digits) {
  const [low, high] = [Math.min(...values), Math.max(...values)].map((value) => value.toFixed(digits));
  return `${median(values).toFixed(digits)} (${low}–${high})`;
}

/** What is said behind a figure that has a goal. */
export function verdict(value, goal) {
  return goal === undefined ? "" : `, goal at most ${goal}: ${value <= goal ? "met" : "not met"}`;
}

/**
 * Prints one comparison: its title, the times, the ratio.
 *
 * @param samples those of `interleave`; `ours` and `peer` name two of its cases, `label` is for the peer where its
 *   name does not say enough; `cpuGoal` is for the ratio of user and system time
 */
export function showComparison(samples, { title, ours, peer, label = peer, goal, cpuGoal }) {
  const wall = (of) =>
    spread(
      samples[of].map((sample) => sample.wall),
      1,
    );
  const cpu = (of) => mean(samples[of].map((sample) => sample.cpu));
  const ratio = ratios(samples[ours], samples[peer]);
  addRow({ work: title, peer: label, values: ratio, goal });
  const ofCpu = cpu(ours) / cpu(peer);
  if (cpuGoal !== undefined)
    addRow({ work: `${title}, user+sys`, peer: label, values: [ofCpu], goal: cpuGoal });
  console.log(`  ${title}`);
  console.log(`    ours ${wall(ours)} ms, ${label} ${wall(peer)} ms, ${ratio.length} rounds`);
  console.log(
    `    ratio ${spread(ratio, 2)}${verdict(median(ratio), goal)}; ` +
      `user+sys ${cpu(ours).toFixed(0)} and ${cpu(peer).toFixed(0)} ms, ratio ${ofCpu.toFixed(2)}${verdict(ofCpu, cpuGoal)}`,
  );
}
