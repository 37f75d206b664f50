// SPDX-License-Identifier: MIT
// How long proofs take: all parsers of one build, in each revision, for the arm64 and x86 kernels at hand. Prints obligations, queries,
// seconds and the largest memory of the whole process.
//
//   npm run bench:prove [-- --solver z3]
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { addRow } from "./rows.mjs";
import {
  checkout,
  debianImage,
  debianVmlinux,
  environment,
  machine,
  requireBundle,
  temporaryFolder,
} from "./surroundings.mjs";

/** Seconds that all parsers of one build may take on two processors. */
const GOAL = 60;
const TARGETS = { v6: ["zboot", "uki"], v7: ["zboot", "uki", "plain"] };

requireBundle();
const program = join(checkout, "bin/kexec-bpf");
const work = temporaryFolder("prove");
const [image, vmlinux] = [debianImage(), debianVmlinux()];
if (image === undefined || vmlinux === undefined) throw new Error("no kernels: scripts/setup fetches them");
console.log(machine);
for (const [abi, targets] of Object.entries(TARGETS)) {
  const out = join(work, abi);
  const from = ["--abi", abi, "--image", image, "--vmlinux", vmlinux, "-o", out];
  run(program, ["build", ...targets, ...from], "ignore");
  const parsers = targets.map((name) => `${abi}/${name}.bpf`);
  const words = [program, "prove", ...parsers, "--json", ...process.argv.slice(2)];
  const started = performance.now();
  const { stdout, memory } = withMemory(words);
  const seconds = (performance.now() - started) / 1000;
  for (const { parser, proven, obligations, queries, seconds: own } of JSON.parse(stdout).programs) {
    const count = obligations.reduce((sum, { calculated, solved }) => sum + calculated + solved, 0);
    const verdict = proven ? "proven" : "NOT PROVEN";
    console.log(`${verdict}  ${parser.name}: ${count} obligations, ${queries} queries, ${own.toFixed(1)} s`);
  }
  addRow({ work: `prove all parsers of a ${abi} build`, unit: "s", values: [seconds], goal: GOAL });
  console.log(
    `${abi}: all in ${seconds.toFixed(1)} s, ${(seconds / GOAL).toFixed(2)} of the goal; ${memory}`,
  );
}

function run(command, words, stdout) {
  const done = spawnSync(command, words, {
    cwd: work,
    env: environment(),
    stdio: ["ignore", stdout, "inherit"],
  });
  if (done.status !== 0) throw new Error(`${words[0]} ended with ${done.status}`);
}

/** Runs a program of Node's; with what the kernel says of its memory at its end. */
function withMemory([file, ...words]) {
  const told =
    "process.on('exit',()=>process.stderr.write('\\n'+(process.resourceUsage().maxRSS>>10)+' MB\\n'))";
  const hook = `data:text/javascript,${encodeURIComponent(told)}`;
  const done = spawnSync(process.execPath, ["--import", hook, join(checkout, "dist/main.cjs"), ...words], {
    ...{ cwd: work, env: environment(), encoding: "utf8", maxBuffer: 1 << 28 },
  });
  if (done.stdout === "") throw new Error(`${file}: ${done.stderr}`);
  return { stdout: done.stdout, memory: done.stderr.trim().split("\n").at(-1) };
}
