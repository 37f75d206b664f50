// SPDX-License-Identifier: MIT
// How much memory commands take at most on large images: `npm run bench:memory`.
//
// `verify` of a UKI whose initrd makes it large, beyond the image's own size; `extract` of a vmlinux with much debug information, which the
// kernel in it has no need of. The exit status says that the commands ended well, never how much they took.
import { execFileSync } from "node:child_process";
import { closeSync, copyFileSync, ftruncateSync, openSync, statSync } from "node:fs";
import { join } from "node:path";
import { peakMemory } from "./measure.mjs";
import { addRow } from "./rows.mjs";
import {
  checkout,
  debianImage,
  environment,
  machine,
  requireBundle,
  temporaryFolder,
} from "./surroundings.mjs";

const MIB = 1 << 20;
const INITRD = 24 * MIB;
const DEBUG = 560 * MIB;
const GOALS = { verify: 120, extract: 150 };

requireBundle();
const program = join(checkout, "bin/kexec-bpf");
const temporary = temporaryFolder("memory");
const env = environment();
const file = (name) => join(temporary, name);
const run = (...words) =>
  execFileSync(process.execPath, [program, ...words], { cwd: temporary, env, stdio: "pipe" });
const image = debianImage();
if (image === undefined) throw new Error("no arm64 Image");
console.log(`machine  ${machine}\nnode     ${process.version}`);
measure(
  "verify a UKI, beyond the image",
  uki(),
  (path) => ["verify", file("uki.bpf"), "--image", path],
  GOALS.verify,
);
measure("extract a vmlinux", vmlinux(), (path) => ["extract", path, "-o", file("Image")], GOALS.extract);

function measure(what, path, words, goal) {
  const size = statSync(path).size / MIB;
  const most = peakMemory({ file: process.execPath, args: [program, ...words(path)], env });
  if (most === undefined) throw new Error("no python3 to ask for it, or the command failed");
  const value = what.endsWith("beyond the image") ? most - size : most;
  const work = `memory: ${what}, of ${size.toFixed(0)} MiB`;
  addRow({ work, unit: "MiB", values: [value], goal });
  console.log(`  ${work}: ${value.toFixed(0)} MiB, goal at most ${goal}`);
}

/** Debian's kernel with an initrd, and the parsers for it. */
function uki() {
  sized(file("initrd"), INITRD);
  const words = ["--linux", image, "--initrd", file("initrd"), "--cmdline", "quiet", "--arch", "arm64"];
  run("pack", "uki", ...words, "-o", file("uki.efi"));
  run("build", "uki", "--image", file("uki.efi"), "-o", temporary);
  return file("uki.efi");
}

/** A kernel of two pages with a section that is not loaded, made by the usual tools. */
function vmlinux() {
  const source =
    'const char linux_banner[] = "Linux version 6.1.0 (of this bench)"; void _start(void) { for (;;); }';
  execFileSync("sh", ["-c", 'printf %s "$1" > vmlinux.c', "sh", source], { cwd: temporary });
  execFileSync("gcc", ["-nostdlib", "-static", "-O1", "vmlinux.c", "-o", "small"], { cwd: temporary });
  sized(file("debug"), DEBUG);
  copyFileSync(file("small"), file("vmlinux"));
  execFileSync("objcopy", ["--add-section", ".debug_info=debug", "small", "vmlinux"], { cwd: temporary });
  return file("vmlinux");
}

function sized(path, size) {
  const descriptor = openSync(path, "w");
  ftruncateSync(descriptor, size);
  closeSync(descriptor);
}
