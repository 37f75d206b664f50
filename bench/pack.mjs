// SPDX-License-Identifier: MIT
// Compares `pack envelope` with `cat` of the same files and with a plain C packer that maps and writes: `npm run bench:pack`.
//
//   node bench/pack.mjs [--rounds ROUNDS] [--starts ROUNDS] [--folder DIR]
//
// Ours is measured with and without its manifest, for which everything is hashed twice: as input and in the output. The C
// packer and cat hash nothing. A kernel of 32 MiB with an initrd of 512 MiB, then small files, where starting is what takes the time. Prints
// medians, their spread, ratios and peak memory beside the goals. The exit status says that ours and the C packer's files
// are the same, never how fast they were written: that is the machine's, too.
import { spawnSync } from "node:child_process";
import { closeSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { spread, verdict } from "./comparison.mjs";
import { interleave, median, peakMemory, ratios } from "./measure.mjs";
import { addRow } from "./rows.mjs";
import { checkout, environment, machine, requireBundle, temporaryFolder } from "./surroundings.mjs";

const MIB = 1024 * 1024;
const KERNEL_SIZE = 32 * MIB;
const INITRD_SIZE = 512 * MIB;
const CMDLINE = "console=ttyS0 root=/dev/vda1 ro quiet";
const TIME_GOAL = 0.9;
const MEMORY_GOAL = 64;
const START_GOAL = 25;
const OURS = ["ours", "ours, --no-manifest"];
const HASHING = "C packer, then sha256sum";

const program = join(checkout, "bin/kexec-bpf");
const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "9" },
    starts: { type: "string", default: "31" },
    folder: { type: "string", default: tmpdir() },
  },
});
const temporary = temporaryFolder("pack", options.folder);
const env = environment();
main();

function main() {
  requireBundle();
  const packer = compile();
  console.log(`node ${process.version}, ${machine}`);

  const large = inputs("large", KERNEL_SIZE, INITRD_SIZE);
  console.log(`\nlarge: a kernel of ${KERNEL_SIZE / MIB} MiB, an initrd of ${INITRD_SIZE / MIB} MiB`);
  const samples = measure(large, packer, Number(options.rounds));
  showRatio(samples, "ours", HASHING, TIME_GOAL);
  for (const mine of OURS) for (const peer of ["C packer", "cat"]) showRatio(samples, mine, peer, undefined);
  showMemory(large, packer);
  for (const file of [large.kernel, large.initrd]) rmSync(file);

  const small = inputs("small", MIB, MIB);
  console.log("\nsmall: a kernel and an initrd of 1 MiB");
  showStart(measure(small, packer, Number(options.starts)));
}

/** The three ways to pack, and starting Node for nothing; once untimed, to compare what they write and to warm the caches. */
function measure(files, packer, rounds) {
  const out = (name) => join(temporary, name);
  const cases = [
    { name: "ours", command: ours(files, out("ours")), before: () => clear(out("ours")) },
    {
      name: "ours, --no-manifest",
      command: ours(files, out("plain"), "--no-manifest"),
      before: () => clear(out("plain")),
    },
    { name: "C packer", command: theirs(packer, files, out("theirs")), before: () => clear(out("theirs")) },
    {
      name: HASHING,
      command: hashing(packer, files, out("hashed")),
      before: () => clear(out("hashed")),
    },
    { name: "cat", command: cat(files, out("cat")), before: () => clear(out("cat")) },
    { name: "node -e 0", command: { file: process.execPath, args: ["-e", "0"], env } },
  ];
  interleave(cases, 1);
  const same = spawnSync("cmp", [out("ours"), out("theirs")], { env });
  if (same.status !== 0) throw new Error(`not the same: ${same.stdout}${same.stderr}`);
  const samples = interleave(cases, rounds);
  for (const name of ["ours", "plain", "theirs", "hashed", "cat"]) clear(out(name));
  return samples;
}

function ours({ kernel, initrd }, output, ...more) {
  const words = ["pack", "envelope", kernel, initrd, CMDLINE, "-o", output, ...more];
  return { file: process.execPath, args: [program, ...words], env };
}

function theirs(packer, { kernel, initrd }, output) {
  return { file: packer, args: [kernel, initrd, CMDLINE, output], env };
}

/** What our manifest has, by the usual tool: the digests of what went in and of what came out. */
function hashing(packer, { kernel, initrd }, output) {
  const script = '"$1" "$2" "$3" "$4" "$5" && sha256sum "$2" "$3" "$5"';
  return { file: "sh", args: ["-c", script, "sh", packer, kernel, initrd, CMDLINE, output], env };
}

function cat({ kernel, initrd }, output) {
  return { file: "sh", args: ["-c", 'cat "$1" "$2" > "$3"', "sh", kernel, initrd, output], env };
}

function clear(file) {
  for (const name of [file, `${file}.manifest.json`]) rmSync(name, { force: true });
}

/** A zboot header and random bytes: nothing that a file system could leave out. */
function inputs(name, kernelSize, initrdSize) {
  const kernel = join(temporary, `${name}-kernel`);
  const initrd = join(temporary, `${name}-initrd`);
  randomFile(kernel, kernelSize);
  randomFile(initrd, initrdSize);
  const header = zbootHead(kernelSize);
  const descriptor = openSync(kernel, "r+");
  writeSync(descriptor, header, 0, header.length, 0);
  closeSync(descriptor);
  return { kernel, initrd };
}

function randomFile(file, size) {
  const source = openSync("/dev/urandom", "r");
  const target = openSync(file, "w");
  const buffer = Buffer.alloc(MIB);
  for (let done = 0; done < size; done += MIB) {
    readSync(source, buffer, 0, MIB, null);
    writeSync(target, buffer);
  }
  closeSync(source);
  closeSync(target);
}

/** As far as a packer looks: DOS header, PE headers, one section. */
function zbootHead(size) {
  const head = Buffer.alloc(4096);
  head.write("MZ\0\0zimg", 0, "latin1");
  head.writeUInt32LE(4096, 0x08);
  head.writeUInt32LE(size - 4096, 0x0c);
  head.write("gzip", 0x18, "latin1");
  head.writeUInt32LE(0x818223cd, 0x38);
  head.writeUInt32LE(0x40, 0x3c);
  head.write("PE\0\0", 0x40, "latin1");
  head.writeUInt16LE(0xaa64, 0x44);
  head.writeUInt16LE(1, 0x46);
  head.writeUInt16LE(160, 0x54);
  head.writeUInt16LE(0x20b, 0x58);
  head.writeUInt32LE(0x1000, 0x78);
  head.writeUInt32LE(0x200, 0x7c);
  head.writeUInt32LE(6, 0xc4);
  head.write(".text", 0xf8, "latin1");
  for (const [at, value] of [
    [0x100, size - 4096],
    [0x104, 4096],
    [0x108, size - 4096],
    [0x10c, 4096],
  ]) {
    head.writeUInt32LE(value, at);
  }
  return head;
}

function showRatio(samples, mine, peer, goal) {
  const times = (name) => samples[name].map(({ wall }) => wall);
  const ratio = ratios(samples[mine], samples[peer]);
  addRow({ work: `pack an envelope of 544 MiB, ${mine}`, peer, values: ratio, goal });
  console.log(
    `  ${mine} ${spread(times(mine), 0)} ms, ${peer} ${spread(times(peer), 0)} ms, ${ratio.length} rounds`,
  );
  console.log(`    ratio ${spread(ratio, 2)}${verdict(median(ratio), goal)}`);
}

function showMemory(files, packer) {
  const output = join(temporary, "out");
  const empty = peakMemory({ file: process.execPath, args: ["-e", "0"], env });
  const mine = peakMemory(ours(files, output));
  const peer = peakMemory(theirs(packer, files, output));
  clear(output);
  if (mine === undefined) return console.log("  peak memory: no /usr/bin/python3 to ask for it");
  console.log(
    `  peak memory: ours ${mine.toFixed(0)} MiB, of which node -e 0 takes ${empty.toFixed(0)}; C packer ${peer.toFixed(0)} MiB`,
  );
  addRow({
    ...{ work: "pack an envelope of 544 MiB: peak memory beyond node", unit: "MiB" },
    ...{ values: [mine - empty], goal: MEMORY_GOAL },
  });
  console.log(`    beyond node ${(mine - empty).toFixed(0)} MiB${verdict(mine - empty, MEMORY_GOAL)}`);
}

function showStart(samples) {
  const times = (name) => samples[name].map(({ wall }) => wall);
  for (const name of [...OURS, "node -e 0", "C packer", "cat"]) {
    console.log(`  ${name} ${spread(times(name), 1)} ms`);
  }
  for (const mine of OURS) {
    const extra = samples[mine].map(({ wall }, round) => wall - samples["node -e 0"][round].wall);
    addRow({
      work: `pack an envelope of 2 MiB, ${mine}: beyond node`,
      unit: "ms",
      values: extra,
      goal: START_GOAL,
    });
    console.log(`    ${mine}: beyond node ${spread(extra, 1)} ms${verdict(median(extra), START_GOAL)}`);
  }
}

function compile() {
  const binary = join(temporary, "packer");
  const { status, stderr, error } = spawnSync(
    process.env.CC ?? "cc",
    ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-o", binary, join(checkout, "bench/pack-peer.c")],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`cc: ${error?.message ?? stderr}`);
  return binary;
}
