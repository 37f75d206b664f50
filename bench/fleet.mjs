// SPDX-License-Identifier: MIT
// Builds a fleet of a hundred kernels, and the same kernels one by one with make: `npm run bench:fleet`.
//
//   node bench/fleet.mjs [--kernels COUNT] [--make COUNT]
//
// The kernels are Debian's with BTF, of five suites and three architectures, and variants of them with other initrds. make's time
// is that of --make kernels spread over the fleet, times what makes them all. Prints figures beside the goals; the exit status says that
// the runs ended well and their outputs are equal, never how fast they were.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { symbolBytes } from "./object-symbols.mjs";
import { peerMakefile } from "./peer-makefile.mjs";
import { addRow } from "./rows.mjs";
import {
  checkout,
  debianPackage,
  environment,
  machine,
  onlyIn,
  requireBundle,
  temporaryFolder,
} from "./surroundings.mjs";

const { values } = parseArgs({
  options: { kernels: { type: "string", default: "100" }, make: { type: "string", default: "10" } },
});
const KERNELS = Number(values.kernels);
const SUITES = ["bookworm", "bookworm-backports", "trixie", "trixie-backports", "sid"];
const FLAVOURS = [
  ...["amd64", "cloud-amd64", "rt-amd64"].map((flavour) => ["amd64", flavour]),
  ...["arm64", "cloud-arm64", "rt-arm64", "arm64-16k"].map((flavour) => ["arm64", flavour]),
  ["riscv64", "riscv64"],
];
const JOBS = "-j2";
const folder = temporaryFolder("fleet", "/var/tmp");

requireBundle();
const tools = findTools();
const cache = ["--cache", join(folder, "cache")];
const file = writeFleet(debianKernels());
console.log(`machine  ${machine}`);
const cold = run("cold", ["-o", "cold", ...cache]);
console.log(`kernels  ${cold.report.kernels.length}`);
figure("fleet, cold", cold.seconds, "s");
figure("peak memory", cold.megabytes, "MB", { most: 400 });
figure("nothing to do", run("nothing to do", ["-o", "cold", ...cache]).seconds, "s", { most: 1 });
figure("fleet, cold, processor time", cold.processor, "s");
const warm = run("cold machine, warm cache", ["-o", "warm", ...cache, "--cache-mode", "read"]);
figure("cold machine with a warm cache, ratio to cold", warm.seconds / cold.seconds, "", { most: 0.3 });
const make = oneByOne();
figure("the same in processor time", warm.processor / cold.processor, "");
figure(`make ${JOBS}, one after another`, make.seconds, "s");
figure("ratio to make", cold.seconds / make.seconds, "", { most: 0.1 });
figure("the same in processor time", cold.processor / make.processor, "");
const SHARDS = 2;
if (availableParallelism() < SHARDS) console.log(`  shards: not measured, this needs ${SHARDS} processors`);
else figure("two shards, a processor each, times as fast as one", sharded(SHARDS), "", { least: 1.7 });

function figure(title, value, unit, { most, least } = {}) {
  const goal = most ?? least;
  const more = least !== undefined;
  addRow({ work: `a fleet of ${KERNELS}: ${title}`, unit: unit || "ratio", values: [value], goal, more });
  const words = goal === undefined ? "" : `   (goal: at ${more ? "least" : "most"} ${goal})`;
  console.log(`  ${title.padEnd(66)} ${value.toFixed(2)} ${unit}${words}`);
}

function debianKernels() {
  const kernels = [];
  for (const suite of SUITES) {
    for (const [arch, flavour] of FLAVOURS) {
      const root = debianPackage(suite, arch, `linux-image-${flavour}`, ".");
      const image = root && imageIn(root);
      if (image !== undefined) kernels.push({ name: `${suite}-${flavour}`, image, arch });
    }
  }
  return kernels;
}

function imageIn(root) {
  const image = (name) => (/^vmlinu[xz]/.test(name) ? name : undefined);
  const modules = (name) => join(name, "vmlinuz");
  for (const [place, pathOf] of [
    ["boot", image],
    ["usr/lib/modules", modules],
    ["lib/modules", modules],
  ]) {
    try {
      const found = onlyIn(join(root, place), pathOf);
      if (found !== undefined) return found;
    } catch (error) {
      if (error.code !== "ENOENT") throw error;
    }
  }
  return undefined;
}

/** As many as are wanted: the kernels themselves, then again with other initrds. */
function writeFleet(kernels) {
  const all = Array.from({ length: KERNELS }, (_, i) => {
    const kernel = kernels[i % kernels.length];
    const round = Math.floor(i / kernels.length);
    return round === 0
      ? kernel
      : { ...kernel, name: `${kernel.name}-${round}`, limits: { initrd: `${64 << round}M` } };
  });
  const path = join(folder, "FLEET.json");
  writeFileSync(path, JSON.stringify({ schema: 1, kernels: all }));
  return path;
}

function program(words) {
  return [process.execPath, join(checkout, "dist/main.cjs"), "fleet", "run", file, JOBS, "--json", ...words];
}

function run(title, words) {
  const began = process.hrtime.bigint();
  const ran = timed(program(words), {
    cwd: folder,
    env: newMachine(title),
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (ran.status !== 0) throw new Error(`${title}: ${ran.stderr}`);
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  return { seconds, ...used(ran), report: JSON.parse(ran.stdout) };
}

/** What the program keeps for itself, such as headers, is as on a machine that has not run it before. */
function newMachine(name) {
  return { ...environment(), KEXEC_BPF_CACHE: join(folder, "kept", name) };
}

/** By GNU time, whose last line then has the largest resident set in KiB, and the seconds of all processes. */
function timed(words, options) {
  return spawnSync("/usr/bin/time", ["-f", "%M %U %S", ...words], options);
}

function used({ stderr }) {
  const [kibibytes, user, system] = stderr.trim().split("\n").at(-1).split(" ").map(Number);
  return { megabytes: kibibytes / 1024, processor: user + system };
}

/** One process with one job on one processor, against so many with one each, as on machines of their own: the ratio of their times. */
function sharded(count) {
  const measure = (name, shards) => {
    const began = process.hrtime.bigint();
    const lines = shards.map((shard, i) => {
      const words = [...program(["-o", `${name}-${i}`, ...shard, "-j", "1"]).filter((word) => word !== JOBS)];
      return `${["taskset", "-c", `${i}`, ...words].map((word) => `'${word}'`).join(" ")} >/dev/null 2>&1 & pids="$pids $!"`;
    });
    const script = `${lines.join("\n")}\nfor pid in $pids; do wait $pid || exit; done`;
    const ran = spawnSync("sh", ["-c", script], { cwd: folder, env: newMachine(name) });
    if (ran.status !== 0) throw new Error(`${name}: ${ran.stderr}`);
    return Number(process.hrtime.bigint() - began) / 1e9;
  };
  const one = measure("one", [[]]);
  const several = measure(
    "shard",
    Array.from({ length: count }, (_, i) => ["--shard", `${i + 1}/${count}`]),
  );
  return one / several;
}

/** make's time for some of the kernels, with what it needs at hand: raw BTF, sources and sizes that our builds have left. */
function oneByOne() {
  const chosen = cold.report.kernels.filter((_, i) => i % Math.ceil(KERNELS / Number(values.make)) === 0);
  let [seconds, processor] = [0, 0];
  for (const { name, abi, sizes } of chosen) {
    const ours = join(folder, "cold", name);
    const theirs = join(folder, "make");
    rmSync(theirs, { recursive: true, force: true });
    mkdirSync(theirs);
    const parsers = parsersIn(ours);
    for (const parser of parsers.keys())
      cpSync(join(ours, `${parser}_parser_bpf.c`), join(theirs, `${parser}_parser_bpf.c`));
    writeFileSync(join(theirs, "Makefile"), peerMakefile(parsers));
    const { image } = JSON.parse(readFileSync(file, "utf8")).kernels.find((kernel) => kernel.name === name);
    const variables = {
      ...{
        BPFTOOL: tools.bpftool,
        CLANG: tools.clang,
        FLAGS:
          "-g -O2 -std=gnu11 --target=bpfel -mcpu=v3 -fms-extensions -Wno-microsoft-anon-tag -fdebug-compilation-dir=. -I .",
      },
      // Theirs is the image as it lies there, ours what it unpacks to: the parsers' limits are the same.
      ...{ VMLINUX: join(ours, ".kexec-bpf/vmlinux.btf"), LIBBPF: tools.libbpf, IMAGE: image },
      ...{ ALLOWANCE: sizes.kernel - statSync(image).size, INITRD: sizes.initrd, CMDLINE: sizes.cmdline },
      COMMAND_HEADER: abi.revision === "v6" ? 8 : 10,
    };
    const began = process.hrtime.bigint();
    const words = Object.entries(variables).map(([key, value]) => `${key}=${value}`);
    const ran = timed(["make", JOBS, ...parsers.keys(), ...words], { cwd: theirs, encoding: "utf8" });
    if (ran.status !== 0) throw new Error(`make for ${name}: ${ran.stderr}`);
    seconds += Number(process.hrtime.bigint() - began) / 1e9;
    processor += used(ran).processor;
    for (const symbol of ["opts_data", "opts_insn"]) {
      const [mine, other] = [ours, theirs].map((side) => symbolBytes(join(side, "zboot_bytecode.o"), symbol));
      if (!mine.equals(other)) throw new Error(`make's ${symbol} for ${name} is another`);
    }
  }
  const all = KERNELS / chosen.length;
  return { seconds: seconds * all, processor: processor * all };
}

/** The parsers that a build has left, each with those that its container nests: uki's the others. */
function parsersIn(out) {
  const inner = ["zboot", "plain"].filter((name) => existsSync(join(out, `${name}.bpf`)));
  return new Map([...inner.map((name) => [name, []]), ["uki", inner]]);
}

/** The paths of the tools that our builds use. */
function findTools() {
  const words = [join(checkout, "dist/main.cjs"), "doctor", "--json"];
  const { stdout } = spawnSync(process.execPath, words, { env: environment(), encoding: "utf8" });
  const found = new Map(JSON.parse(stdout).tools.map(({ name, path }) => [name, path]));
  return { bpftool: found.get("bpftool"), clang: found.get("clang"), libbpf: found.get("libbpf") };
}
