// SPDX-License-Identifier: MIT
// Compares `extract` and `inspect` with the usual tools on real kernels: `npm run bench:formats`.
//
//   node bench/formats.mjs [--rounds ROUNDS] [--starts ROUNDS]
//
// Prints medians, their spread and ratios beside the goals. The exit status says that both sides wrote the
// same bytes, never how fast they were: that is the machine's, too.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { availableParallelism, cpus, release, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { interleave, mean, median, ratios } from "./measure.mjs";

/** Each way to compress: the command that does it, the one that undoes it, and the most that we may take of its time. */
const COMPRESSIONS = [
  { name: "gzip", make: ["gzip", "-9", "-n", "-c"], undo: ["gzip", "-dc"], goal: 0.8 },
  { name: "zstd", make: ["zstd", "-q", "-19", "-c"], undo: ["zstd", "-q", "-dc"], goal: 2 },
  { name: "xz", make: ["xz", "--check=crc32", "--threads=1", "-c"], undo: ["xz", "-dc"], goal: 1.4 },
  { name: "lz4", make: ["lz4", "-q", "-l", "-9", "-c"], undo: ["lz4", "-q", "-dc"], goal: 5 },
];
const INSPECT_GOAL = 1.5;

const checkout = fileURLToPath(new URL("..", import.meta.url));
const program = join(checkout, "bin/kexec-bpf");
const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "9" },
    starts: { type: "string", default: "21" },
  },
});
const temporary = mkdtempSync(join(tmpdir(), "kexec-bpf-formats-"));
const env = environment();
try {
  main();
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

function main() {
  if (!existsSync(join(checkout, "dist/main.cjs"))) throw new Error("not built yet: npm run build");
  const files = realFiles();
  describe(files);

  console.log("\nextract: the Image out of a compressed one, ratio to the tool that writes a file");
  for (const compression of COMPRESSIONS) measureExtract(files.image, compression);

  console.log("\ninspect --no-hashes: ratio to node -e 0, and to the usual tool");
  for (const [name, file] of Object.entries(files)) measureInspect(name, file);
}

function measureExtract(image, { name, make, undo, goal }) {
  const packed = join(temporary, `Image.${name}`);
  writeOutput(make, image, packed);
  const ours = { file: program, args: ["extract", packed, "-o", join(temporary, "ours")], env };
  const theirs = shell(undo, packed, join(temporary, "theirs"));
  const cases = [
    { name: "ours", command: ours, before: clear },
    { name: "theirs", command: theirs },
  ];
  // Once untimed, for the page cache and to compare what both sides write; and again behind the last round.
  interleave(cases, 1);
  sameBytes(image);
  const samples = interleave(cases, Number(options.rounds));
  sameBytes(image);
  show(samples, {
    title: `${name}, ${statSync(packed).size} bytes`,
    peer: undo.join(" "),
    as: "theirs",
    goal,
  });
  rmSync(packed);
}

function measureInspect(name, file) {
  const inspect = { file: program, args: ["inspect", file, "--no-hashes"], env };
  const tools = peersOf(file);
  const samples = interleave(
    [
      { name: "ours", command: inspect },
      { name: "node -e 0", command: { file: "node", args: ["-e", "0"], env } },
      ...tools.map((tool) => ({
        name: tool.join(" "),
        command: { file: tool[0], args: [...tool.slice(1), file], env },
      })),
    ],
    Number(options.starts),
  );
  show(samples, { title: `${name}, ${statSync(file).size} bytes`, peer: "node -e 0", goal: INSPECT_GOAL });
  for (const tool of tools) show(samples, { title: name, peer: tool.join(" ") });
}

/** Those of binutils that know the format; objdump has every PE target only where all of its targets were built in. */
function peersOf(file) {
  return [
    ["objdump", "-h"],
    ["readelf", "-SW"],
  ].filter(([tool, ...args]) => {
    const { status, stderr } = spawnSync(tool, [...args, file], {
      env,
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    const knows = status === 0 && stderr === "";
    if (!knows) console.log(`  ${basename(file)}: ${tool} ${args.join(" ")} does not know it`);
    return knows;
  });
}

/** One comparison as two lines: the times, the ratio. */
function show(samples, { title, peer, as = peer, goal }) {
  const spread = (values, digits) => {
    const [low, high] = [Math.min(...values), Math.max(...values)].map((value) => value.toFixed(digits));
    return `${median(values).toFixed(digits)} (${low}–${high})`;
  };
  const times = (of, what) => samples[of].map((sample) => sample[what]);
  const cpu = (of) => mean(times(of, "cpu"));
  const ratio = ratios(samples.ours, samples[as]);
  const met = median(ratio) <= goal ? "met" : "not met";
  console.log(`  ${title}`);
  console.log(
    `    ours ${spread(times("ours", "wall"), 1)} ms, ${peer} ${spread(times(as, "wall"), 1)} ms, ${ratio.length} rounds`,
  );
  console.log(
    `    ratio ${spread(ratio, 2)}${goal === undefined ? "" : `, goal at most ${goal}: ${met}`}; ` +
      `user+sys ${cpu("ours").toFixed(0)} and ${cpu(as).toFixed(0)} ms, ratio ${(cpu("ours") / cpu(as)).toFixed(2)}`,
  );
}

function clear() {
  for (const name of ["ours", "theirs"]) rmSync(join(temporary, name), { force: true });
}

/** @throws Error where one side has not written the image that was compressed */
function sameBytes(image) {
  const wanted = sha256(image);
  for (const name of ["ours", "theirs"]) {
    if (sha256(join(temporary, name)) !== wanted)
      throw new Error(`${name}: not the Image that was compressed`);
  }
}

function sha256(file) {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

/** The tool's stdout into a file by way of the shell, which becomes the tool: one process, as ours is. */
function shell(words, input, output) {
  return { file: "sh", args: ["-c", `exec ${words.join(" ")} "$1" > "$2"`, "sh", input, output], env };
}

function writeOutput(words, input, output) {
  const to = openSync(output, "w");
  const { status, error } = spawnSync(words[0], [...words.slice(1), input], {
    stdio: ["ignore", to, "inherit"],
    env,
  });
  closeSync(to);
  if (status !== 0) throw new Error(`${words.join(" ")}: ${error?.message ?? `status ${status}`}`);
}

function realFiles() {
  const boot = join(debianPackage("bookworm", "arm64", "linux-image-cloud-arm64"), "boot");
  const modules = join(debianPackage("sid", "loong64", "linux-image-loong64"), "usr/lib/modules");
  const sources = join(debianPackage("bookworm-backports", "amd64", "linux-headers-cloud-amd64"), "usr/src");
  return {
    zboot: onlyIn(modules, (name) => join(name, "vmlinuz")),
    image: onlyIn(boot, (name) => (name.startsWith("vmlinuz-") ? name : undefined)),
    vmlinux: onlyIn(sources, (name) =>
      /^linux-headers-.*-cloud-amd64$/.test(name) ? `${name}/vmlinux` : undefined,
    ),
  };
}

function onlyIn(folder, pathOf) {
  const found = readdirSync(folder)
    .map(pathOf)
    .filter((path) => path !== undefined)
    .map((path) => join(folder, path))
    .find(existsSync);
  if (found === undefined) throw new Error(`${folder} does not hold the kernel that it should`);
  return found;
}

/** The folder of an unpacked Debian package. */
function debianPackage(...words) {
  const run = spawnSync(join(checkout, "scripts/debian-package"), words, { encoding: "utf8" });
  if (run.status !== 0) throw new Error(`debian-package ${words.join(" ")}: ${run.stderr}`);
  return run.stdout.trim();
}

function describe(files) {
  const version = (...words) => spawnSync(words[0], words.slice(1), { encoding: "utf8", env });
  const line = (...words) => version(...words).stdout.split("\n", 1)[0];
  console.log(
    `machine  ${cpus()[0]?.model ?? process.arch}, ${availableParallelism()} CPUs, Linux ${release()}`,
  );
  console.log(`node     ${process.version}`);
  for (const tool of ["gzip", "zstd", "xz", "lz4", "objdump", "readelf"]) {
    console.log(`${tool.padEnd(8)} ${line(tool, "--version")}`);
  }
  for (const [name, file] of Object.entries(files)) {
    console.log(`${name.padEnd(8)} ${file} (${statSync(file).size} bytes)`);
  }
}

/** Neither side is to be told something by the caller's variables: NODE_EXTRA_CA_CERTS, for one, doubles node's start. */
function environment() {
  const kept = ["HOME", "LANG", "PATH", "TMPDIR"];
  return Object.fromEntries(
    kept.filter((name) => name in process.env).map((name) => [name, process.env[name]]),
  );
}
