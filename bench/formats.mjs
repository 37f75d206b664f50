// SPDX-License-Identifier: MIT
// Compares `extract` and `inspect` with the usual tools on real kernels: `npm run bench:formats`.
//
//   node bench/formats.mjs [--rounds ROUNDS] [--starts ROUNDS]
//
// Prints medians, their spread and ratios beside the goals. The exit status says that both sides wrote the
// same bytes, never how fast they were: that is the machine's, too.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import zlib from "node:zlib";
import { showComparison } from "./comparison.mjs";
import { interleave } from "./measure.mjs";
import {
  checkout,
  debianImage,
  debianPackage,
  debianVmlinux,
  environment,
  machine,
  onlyIn,
  requireBundle,
  temporaryFolder,
} from "./surroundings.mjs";

/** Node's own zstd is there since 22.15; before, what unpacks is WebAssembly, and only told. */
const HAS_ZSTD = "createZstdDecompress" in zlib;
/** Each way to compress: the command that does it, the one that undoes it, and the most that we may take of its time. */
const COMPRESSIONS = [
  { name: "gzip", make: ["gzip", "-9", "-n", "-c"], undo: ["gzip", "-dc"], goal: 0.8 },
  {
    name: "zstd",
    make: ["zstd", "-q", "-19", "-c"],
    undo: ["zstd", "-q", "-dc"],
    goal: HAS_ZSTD ? 1.5 : undefined,
  },
  { name: "xz", make: ["xz", "--check=crc32", "--threads=1", "-c"], undo: ["xz", "-dc"], goal: 1.3 },
  { name: "lz4", make: ["lz4", "-q", "-l", "-9", "-c"], undo: ["lz4", "-q", "-dc"], goal: 3 },
];
const INSPECT_GOAL = 1.3;

const program = join(checkout, "bin/kexec-bpf");
const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "9" },
    starts: { type: "string", default: "21" },
  },
});
const temporary = temporaryFolder("formats");
const env = environment();
main();

function main() {
  requireBundle();
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
  const title = `extract, ${name}, ${statSync(packed).size} bytes`;
  showComparison(samples, { title, ours: "ours", peer: "theirs", label: undo.join(" "), goal });
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
  const title = `inspect --no-hashes, ${name}, ${statSync(file).size} bytes`;
  showComparison(samples, { title, ours: "ours", peer: "node -e 0", goal: INSPECT_GOAL });
  for (const tool of tools)
    showComparison(samples, { title: `inspect --no-hashes, ${name}`, ours: "ours", peer: tool.join(" ") });
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
  const modules = debianPackage("sid", "loong64", "linux-image-loong64", "usr/lib/modules");
  const files = {
    zboot: onlyIn(modules, (name) => join(name, "vmlinuz")),
    image: debianImage(),
    vmlinux: debianVmlinux(),
  };
  const missing = Object.keys(files).filter((name) => files[name] === undefined);
  if (missing.length > 0) throw new Error(`no real ${missing.join(", ")}`);
  return files;
}

function describe(files) {
  const version = (...words) => spawnSync(words[0], words.slice(1), { encoding: "utf8", env });
  const line = (...words) => version(...words).stdout.split("\n", 1)[0];
  console.log(`machine  ${machine}`);
  console.log(`node     ${process.version}`);
  for (const tool of ["gzip", "zstd", "xz", "lz4", "objdump", "readelf"]) {
    console.log(`${tool.padEnd(8)} ${line(tool, "--version")}`);
  }
  for (const [name, file] of Object.entries(files)) {
    console.log(`${name.padEnd(8)} ${file} (${statSync(file).size} bytes)`);
  }
}
