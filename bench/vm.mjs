// SPDX-License-Identifier: MIT
// Measures the virtual machine: `npm run bench:vm`.
//
//   node bench/vm.mjs [--ubpf PATH] [--image PATH] [--rounds ROUNDS] [--seconds SECONDS]
//
// Prints millions of instructions per second of both executors, runs per second of both parsers on small
// images, and how long the largest tables take; all by CPU time. PATH is ubpf's own test program (ubpf_test), which then runs the same programs in the
// same rounds. An arm64 Image to build the parsers for is fetched where none is given. The exit status says that
// all came to the same results, never how fast they were.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { median, timed } from "./measure.mjs";
import { addRow } from "./rows.mjs";
import { checkout, debianImage, load, machine, requireBundle, temporaryFolder } from "./surroundings.mjs";

const EXECUTORS = ["interpreter", "wasm"];
/** The most that a run may count. */
const BUDGET = 0x7fffffff;
/** Ratios to ubpf's interpreter, and to its JIT, which checks nothing; cases per second; milliseconds. */
const GOALS = {
  interpreter: 0.8,
  wasm: { arithmetic: 1, branches: 0.8, "loads and stores": 0.5, "byte checksum": 0.4 },
  cases: 100_000,
  largest: 100,
};

const { values: options } = parseArgs({
  options: {
    ubpf: { type: "string" },
    image: { type: "string" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "0.5" },
  },
});
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);
const temporary = temporaryFolder("vm");
const subjects = await load("test/bpf-vm/support/bench-subjects.ts", temporary);
console.log(`${machine}, Node ${process.version}, ${rounds} rounds, medians`);
measureKernels(subjects);
measureParsers(subjects);

function measureKernels(subjects) {
  console.log("\nmillions of instructions per second");
  for (const kernel of subjects.KERNELS) {
    const runners = EXECUTORS.map((executor) => ours(subjects, kernel, executor));
    if (options.ubpf !== undefined) runners.push(ubpf(subjects, kernel, []), ubpf(subjects, kernel, ["-j"]));
    const speeds = runners.map(() => []);
    for (let round = 0; round < rounds; round++) {
      for (const [i, run] of runners.entries()) speeds[i].push(run());
    }
    const [interpreter, wasm, theirs, jit] = speeds;
    const wasmGoal = GOALS.wasm[kernel.name];
    for (const [i, executor] of EXECUTORS.entries()) {
      const work = `${executor}: ${kernel.name}`;
      addRow({ work, unit: "M instructions/s", values: speeds[i], more: true });
      const peer = speeds[i + 2];
      if (peer === undefined) continue;
      const values = speeds[i].map((speed, round) => speed / peer[round]);
      const goal = i === 0 ? GOALS.interpreter : wasmGoal;
      addRow({ work, peer: i === 0 ? "ubpf" : "ubpf's JIT", values, goal, more: true });
    }
    const ratio = (a, b) => median(a.map((speed, i) => speed / b[i])).toFixed(2);
    console.log(
      `  ${kernel.name.padEnd(18)} interpreter ${figure(interpreter)}  wasm ${figure(wasm)}` +
        (theirs === undefined
          ? ""
          : `  ubpf ${figure(theirs)}  ubpf's JIT ${figure(jit)}\n` +
            `  ${"".padEnd(18)} ratios ${ratio(interpreter, theirs)} (goal ${GOALS.interpreter}),` +
            ` ${ratio(wasm, jit)} (goal ${wasmGoal})`),
    );
  }
}

function figure(speeds) {
  return String(Math.round(median(speeds))).padStart(5);
}

/** How many turns take about the time wanted, found by trying; `run(turns)` gives milliseconds. */
function calibrate(run, most) {
  let turns = 64;
  for (;;) {
    const took = run(turns);
    if (took >= 500 * seconds || turns >= most) break;
    turns = Math.min(
      most,
      Math.ceil(turns * Math.min(16, Math.max(2, (1000 * seconds) / Math.max(took, 1)))),
    );
  }
  return turns;
}

/** Instructions of a kernel that repeats its loop so often: one run of a few turns tells. */
function instructionsOf(subjects, kernel, turns) {
  const [one, two] = [1, 2].map(
    (n) => execute(subjects, subjects.kernelProgram(kernel.lines(n)), "wasm").executed,
  );
  return one + (turns - 1) * (two - one);
}

function execute({ runProgram, TRACING_CALLABLES, kernelMemory }, { program }, executor) {
  const outcome = runProgram(program, TRACING_CALLABLES, { executor, budget: BUDGET }, kernelMemory);
  if (outcome.fault !== undefined) throw new Error(outcome.fault.detail);
  return outcome;
}

function ours(subjects, kernel, executor) {
  const most = Math.floor(BUDGET / instructionsOf(subjects, kernel, 1));
  const prepared = (turns) => subjects.kernelProgram(kernel.lines(turns));
  const once = (made) => cpuTime(() => execute(subjects, made, executor));
  // Twice each: V8 compiles to WebAssembly well only after a first run.
  const turns = calibrate((n) => {
    const made = prepared(n);
    once(made);
    return once(made);
  }, most);
  const made = prepared(turns);
  const count = instructionsOf(subjects, kernel, turns);
  once(made);
  return () => count / once(made) / 1000;
}

function ubpf(subjects, kernel, flags) {
  const memory = join(temporary, "memory");
  writeFileSync(memory, new Uint8Array(subjects.KERNEL_MEMORY));
  const command = (turns) => {
    const file = join(temporary, "program");
    writeFileSync(file, subjects.kernelProgram(kernel.lines(turns)).file);
    return { file: options.ubpf, args: [...flags, "-m", memory, file] };
  };
  const check = command(3);
  const said = spawnSync(check.file, check.args, { encoding: "utf8" });
  const { result } = execute(subjects, subjects.kernelProgram(kernel.lines(3)), "interpreter");
  if (said.stdout?.trim() !== `0x${result.toString(16)}`) {
    console.log(
      `  ${kernel.name}: ubpf ${flags.join(" ")} says ${said.stdout ?? said.error}, we 0x${result.toString(16)}`,
    );
    process.exitCode = 1;
  }
  const most = Math.floor(BUDGET / instructionsOf(subjects, kernel, 1));
  const starting = timed(command(1));
  const turns = calibrate((n) => timed(command(n)).wall - starting.wall, most);
  const count = instructionsOf(subjects, kernel, turns);
  return () => count / Math.max(1, timed(command(turns)).cpu - starting.cpu) / 1000;
}

/** Milliseconds of CPU time that `work` takes. */
function cpuTime(work) {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function measureParsers(subjects) {
  console.log(
    "\nruns of a parser on a small image, per second and core; and comparisons of both executors' outcomes",
  );
  for (const revision of ["v6", "v7"]) {
    const parsers = buildParsers(revision);
    for (const [name, image] of Object.entries(images(subjects))) {
      measureParser(subjects, revision, name, parsers(name), image);
    }
    measureLargest(subjects, revision, "uki", parsers("uki"), subjects.fullUki());
    if (revision === "v7")
      measureLargest(subjects, revision, "zboot", parsers("zboot"), subjects.fullEnvelope());
  }
}

/** Runs of a parser on an image, by executor. */
function runner({ loadParser, contextLayout, runLoaded, profileBtf }, revision, bytes, image) {
  const target = profileBtf(revision);
  const loaded = loadParser(bytes, { target });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.failure));
  const [program] = loaded.value.programs;
  const layout = contextLayout(target, revision);
  return (executor) => runLoaded(program, image, layout, { executor });
}

/** A table with as many sections as its format can say, those that count last. */
function measureLargest(subjects, revision, name, bytes, image) {
  const run = runner(subjects, revision, bytes, image);
  if (run("interpreter").buffers.length === 0) throw new Error(`${name} ${revision} sends nothing`);
  const times = EXECUTORS.map((executor) => {
    run(executor);
    return median(Array.from({ length: rounds }, () => cpuTime(() => run(executor)))).toFixed(0);
  });
  for (const [i, executor] of EXECUTORS.entries()) {
    const work = `the largest table, ${name} ${revision}, ${executor}`;
    addRow({ work, unit: "ms", values: [Number(times[i])], goal: GOALS.largest });
  }
  console.log(
    `  ${name} ${revision}`.padEnd(20) +
      `the largest table: interpreter ${times[0]} ms  wasm ${times[1]} ms (goal ${GOALS.largest})`,
  );
}

function measureParser(subjects, revision, name, bytes, image) {
  const run = runner(subjects, revision, bytes, image);
  const expected = run("interpreter");
  if (!isDeepStrictEqual(run("wasm"), expected) || expected.buffers.length === 0) {
    console.log(`  ${name} ${revision}: the executors disagree`);
    process.exitCode = 1;
  }
  const compared = () => {
    if (!sameStream(run("interpreter"), expected)) throw new Error("two runs of one program differ");
  };
  const rates = [() => run("interpreter"), () => run("wasm"), compared].map((work) => Math.round(rate(work)));
  const work = `a run of ${name} ${revision} and its comparison`;
  addRow({ work, unit: "runs/s", values: [rates[2]], goal: GOALS.cases, more: true });
  console.log(
    `  ${name} ${revision}`.padEnd(20) +
      `interpreter ${rates[0]}  wasm ${rates[1]}  a run and its comparison ${rates[2]} (goal ${GOALS.cases})`,
  );
}

/** What a campaign compares of a case: result, fault, what is held, what was sent. */
function sameStream(one, other) {
  return (
    one.result === other.result &&
    one.fault === other.fault &&
    one.leaks.length === other.leaks.length &&
    one.buffers.length === other.buffers.length &&
    one.buffers.every(({ bytes }, i) => Buffer.compare(bytes, other.buffers[i].bytes) === 0)
  );
}

/** How often a second, the best of the rounds. */
function rate(work) {
  const batch = 500;
  const speeds = [];
  for (let spent = 0, round = 0; round < rounds + 2; round++) {
    let count = 0;
    for (spent = 0; spent < 1000 * seconds; count += batch) {
      spent += cpuTime(() => {
        for (let i = 0; i < batch; i++) work();
      });
    }
    speeds.push((1000 * count) / spent);
  }
  // The first two rounds are V8's.
  return median(speeds.slice(2));
}

function images({ buildPe, buildZboot }) {
  const payload = Uint8Array.from({ length: 3000 }, (_, i) => (i * 7) & 0xff);
  return {
    zboot: buildZboot(payload),
    uki: buildPe([
      { name: ".text", data: new Uint8Array(100) },
      { name: ".linux", data: payload },
      { name: ".cmdline", data: Buffer.from("console=ttyS0\0") },
      { name: ".initrd", data: new Uint8Array(500) },
    ]).bytes,
  };
}

function buildParsers(revision) {
  requireBundle();
  const out = join(temporary, revision);
  const sizes = ["--max-kernel", "1M", "--max-initrd", "1M"];
  const image = options.image ?? debianImage();
  if (image === undefined) throw new Error("no arm64 Image: --image FILE");
  const args = ["build", "--image", image, "-o", out, "--abi", revision, ...sizes];
  timed({ file: join(checkout, "bin/kexec-bpf"), args });
  return (name) => Uint8Array.from(readFileSync(join(out, `${name}.bpf`)));
}
