// SPDX-License-Identifier: MIT
// Feeds random and mutated inputs to every decoder and reference parser: `npm run bench:random`.
//
//   node bench/random.mjs [--count CASES] [--seed SEED] [--first CASE] [--seconds LIMIT]
//   node bench/random.mjs --commands CASES [--seed SEED] [--first CASE] [--seconds LIMIT]
//
// The second form runs whole commands on mutated files, in this process.
// Prints cases per second and each finding with its seed and case, which `--seed S --first N --count 1`
// repeats. Exit status: 0, 1 with findings.
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { addRow } from "./rows.mjs";
import { checkout, load, temporaryFolder } from "./surroundings.mjs";

const MOST_SHOWN = 20;

const { values: options } = parseArgs({
  options: {
    count: { type: "string", default: "1000000" },
    seed: { type: "string", default: "1" },
    first: { type: "string", default: "0" },
    seconds: { type: "string", default: "Infinity" },
    commands: { type: "string" },
  },
});
const folder = temporaryFolder("random");
// The program asks where its package is.
symlinkSync(join(checkout, "templates"), join(folder, "templates"));
if (options.commands === undefined) run(await load("test/support/random-cases.ts", folder));
else await runCommands(await load("test/support/random-commands.ts", folder), join(folder, "case"));

function run({ check, randomCase, SUBJECTS }) {
  const [count, seed, first, limit] = [options.count, options.seed, options.first, options.seconds].map(
    Number,
  );
  const tallies = SUBJECTS.map((subject) => ({
    subject,
    taken: 0,
    findings: 0,
    slowest: 0,
    slowestCase: 0,
  }));
  let shown = 0;
  let done = 0;
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  for (; done < count; done++) {
    if (done % 1000 === 0 && seconds() > limit) break;
    const index = first + done;
    const bytes = randomCase(seed, index);
    for (const tally of tallies) {
      const before = performance.now();
      const { taken, problems } = check(tally.subject, bytes);
      const took = performance.now() - before;
      if (took > tally.slowest) Object.assign(tally, { slowest: took, slowestCase: index });
      if (taken) tally.taken++;
      if (problems.length === 0) continue;
      tally.findings++;
      if (shown++ < MOST_SHOWN) {
        console.log(`seed ${seed}, case ${index}, ${tally.subject.name}: ${problems.join("\n  ")}`);
      }
    }
  }
  report(tallies, done, seconds(), seed);
}

function report(tallies, done, seconds, seed) {
  console.log(`seed ${seed}: ${done} cases, ${tallies.length} decoders, ${seconds.toFixed(1)} s`);
  addRow({
    work: "a damaged file through all decoders",
    unit: "cases/s",
    values: [done / seconds],
    more: true,
  });
  console.log(`${Math.round(done / seconds)} cases per second, each through all of them`);
  for (const tally of tallies) {
    const { subject, taken, findings, slowest, slowestCase } = tally;
    console.log(
      `  ${subject.name.padEnd(22)} took ${String(taken).padStart(7)}, ${findings} findings, ` +
        `slowest ${slowest.toFixed(1)} ms (case ${slowestCase})`,
    );
  }
  if (tallies.some(({ findings }) => findings > 0)) process.exitCode = 1;
}

async function runCommands({ commandCase, runCommandCase }, inside) {
  const [count, seed, first, limit] = [options.commands, options.seed, options.first, options.seconds].map(
    Number,
  );
  const statuses = new Map();
  let [findings, done] = [0, 0];
  let slowest = { took: 0, index: first, words: "" };
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  for (; done < count && seconds() < limit; done++) {
    const index = first + done;
    const one = commandCase(seed, index);
    const before = performance.now();
    const { status, problems } = await runCommandCase(one, inside, { PATH: process.env.PATH });
    const took = performance.now() - before;
    const words = one.argv.join(" ");
    if (took > slowest.took) slowest = { took, index, words };
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (problems.length === 0) continue;
    if (findings++ < MOST_SHOWN)
      console.log(`seed ${seed}, case ${index}, ${words}: ${problems.join("\n  ")}`);
  }
  console.log(`seed ${seed}: ${done} commands, ${findings} findings, ${seconds().toFixed(1)} s`);
  console.log([...statuses].map(([status, times]) => `  exit status ${status}: ${times}`).join("\n"));
  console.log(`  slowest ${slowest.took.toFixed(0)} ms (case ${slowest.index}, ${slowest.words})`);
  if (findings > 0) process.exitCode = 1;
}
