// SPDX-License-Identifier: MIT
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Linux counts in hundredths of a second for user space, whatever its own clock does. */
const MILLISECONDS_A_TICK = 10;

/**
 * Runs a command to its end.
 *
 * @returns `wall` time, and the user and system time (`cpu`) of the command and all that it started, in milliseconds
 * @throws Error with the command's stderr where it fails
 */
export function timed({ file, args, cwd, env }) {
  const cpuBefore = childrenCpu();
  const start = process.hrtime.bigint();
  const run = spawnSync(file, args, { cwd, env, stdio: ["ignore", "ignore", "pipe"] });
  const wall = Number(process.hrtime.bigint() - start) / 1e6;
  if (run.status !== 0) {
    const why = run.error?.message ?? `status ${run.status ?? run.signal}\n${run.stderr}`;
    throw new Error(`${file} ${args.join(" ")}: ${why}`);
  }
  return { wall, cpu: childrenCpu() - cpuBefore };
}

/** proc(5), fields 16 and 17: what the ended children and their children have used. */
function childrenCpu() {
  const stat = readFileSync("/proc/self/stat", "utf8");
  // The name, which may hold anything, ends at the last bracket; field 3 follows.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[13]) + Number(fields[14])) * MILLISECONDS_A_TICK;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * Runs all cases in every round, so that what else the machine does hits them alike; every other round
 * in reverse, so that none always follows the same one.
 *
 * @param cases `{ name, before?, run }`; `before(round)` prepares and is not measured, `run()` returns a command
 * @returns the measurements of each case by its name, one a round
 */
export function interleave(cases, rounds) {
  const samples = Object.fromEntries(cases.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const { before } of cases) before?.(round);
    const order = round % 2 === 0 ? cases : cases.toReversed();
    for (const { name, command } of order) samples[name].push(timed(command));
  }
  return samples;
}

/** The ratios of two cases round by round: what slows a whole round down is in both. */
export function ratios(ours, theirs, what = "wall") {
  return ours.map((sample, round) => sample[what] / theirs[round][what]);
}

/** MiB that a command had resident at most, itself alone; undefined where nothing can tell. */
export function peakMemory({ file, args, env }) {
  const script =
    "import resource,subprocess,sys;subprocess.run(sys.argv[1:],check=True,stdout=subprocess.DEVNULL,stderr=subprocess.DEVNULL);" +
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";
  const { status, stdout } = spawnSync("python3", ["-c", script, file, ...args], { env, encoding: "utf8" });
  return status === 0 ? Number(stdout) / 1024 : undefined;
}
