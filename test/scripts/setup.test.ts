import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { newFolder } from "../support/kernel-tree.ts";

/** What the scripts themselves are made of, in every distribution. */
const BASE = [
  "bash",
  "cat",
  "awk",
  "sed",
  "grep",
  "find",
  "flock",
  "mkdir",
  "dirname",
  "uname",
  "sha256sum",
  "touch",
  "stat",
  "cmp",
];

/** A PATH with Node and npm, and these commands in name, and no others, where an ordinary user calls. */
function bareMachine(...commands: readonly string[]): string {
  const folder = newFolder("bin");
  for (const name of [...BASE, "npm"]) {
    symlinkSync(execFileSync("which", [name], { encoding: "utf8" }).trim(), join(folder, name));
  }
  symlinkSync(process.execPath, join(folder, "node"));
  for (const name of [...commands, "id"]) {
    writeFileSync(join(folder, name), "#!/bin/sh\necho 1000\n", { mode: 0o755 });
  }
  return folder;
}

function script(name: string, words: readonly string[], env: Readonly<Record<string, string>>, cwd = ".") {
  const { status, stderr } = spawnSync(join("scripts", name), words, { encoding: "utf8", env, cwd });
  return { status, stderr };
}

/** A checkout of the scripts alone, whose npm packages and dist/ are as they should be. */
function checkoutSetUp(): string {
  const folder = newFolder("checkout");
  cpSync("scripts", join(folder, "scripts"), { recursive: true });
  const own = join(folder, "node_modules/.kexec-bpf");
  for (const made of [own, join(folder, "dist"), join(folder, "src")]) mkdirSync(made, { recursive: true });
  for (const file of ["package.json", "package-lock.json"]) writeFileSync(join(folder, file), "{}");
  const sum = execFileSync("sha256sum", ["package-lock.json"], { cwd: folder });
  writeFileSync(join(own, "lock"), sum);
  writeFileSync(join(own, "bundle"), "");
  // Newer than all, in whole seconds of any file system.
  utimesSync(join(own, "bundle"), new Date(), new Date(Date.now() + 60_000));
  return folder;
}

const setup = (PATH: string, ...words: readonly string[]) =>
  script("setup", words, { PATH, KEXEC_BPF_CACHE: newFolder("cache") }, checkoutSetUp());

describe("scripts/setup, where it may install nothing", () => {
  // bpftool is looked for outside of PATH, too.
  it("names what is missing, and only that, for apt, dnf and pacman", () => {
    const PATH = bareMachine("zstd", "xz", "readelf", "objcopy", "openssl", "python3");
    expect(setup(PATH)).toEqual({
      status: 3,
      stderr: expect.stringMatching(
        /^setup: please install .*: apt-get install clang lz4( bpftool)?; dnf install clang lz4\1; pacman -S clang lz4( bpf)?\n/,
      ),
    });
  });

  it("names what only tests need as well, once each, and none where a distribution has none", () => {
    const PATH = bareMachine("zstd", "xz", "lz4", "readelf", "objcopy", "openssl", "python3", "clang-14");
    const { status, stderr } = setup(PATH, "--test");
    expect(status).toBe(3);
    for (const command of stderr.split("\n")[0]?.split("; ") ?? []) {
      const packages = command.replace(/^.*(?:apt-get install|dnf install|pacman -S) /, "").split(" ");
      expect(packages).toEqual([...new Set(packages)]);
    }
    const [apt = "", dnf = "", pacman = ""] = stderr.split("; ");
    expect(apt).toMatch(
      / clang-19 llvm lzop bzip2 file git gcc cpio sbsigntool softhsm2 .*make pahole gcc-aarch64-linux-gnu/,
    );
    expect(dnf).toMatch(
      /^dnf install clang19 llvm lzop bzip2 file git gcc cpio sbsigntools softhsm .*make dwarves/,
    );
    expect(pacman).toMatch(/^pacman -S clang19 llvm .*make pahole aarch64-linux-gnu-gcc/);
  });
});

describe("scripts/quickstart", () => {
  const env = { PATH: process.env["PATH"] ?? "" };

  it("says how to write elsewhere where it cannot write, before it sets anything up", () => {
    expect(script("quickstart", ["--output", "/proc/no folder"], env)).toEqual({
      status: 2,
      stderr:
        "quickstart: cannot write to /proc/no folder: say where with --output DIR (npm run quickstart -- --output DIR)\n",
    });
  });

  it.each([[["--output"]], [["--output="]], [["--nonesuch"]]])("does not take %j", (words) => {
    expect(script("quickstart", words, env)).toEqual({
      status: 2,
      stderr: "usage: quickstart [--output DIR] [--kernel]\n",
    });
  });
});

describe("scripts/fresh-machine", () => {
  it("says in one line that it needs root", () => {
    expect(script("fresh-machine", ["trixie"], { PATH: bareMachine(), HOME: "/nonexistent" })).toEqual({
      status: 3,
      stderr: "fresh-machine: a root of its own needs root: run this as root\n",
    });
  });

  it.each([[[]], [["../etc"]], [["--help"]]])("does not take %j for a suite", (words) => {
    const { status, stderr } = script("fresh-machine", words, { PATH: process.env["PATH"] ?? "" });
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: "usage: [NODE=VERSION] [ROOT=DIR] scripts/fresh-machine SUITE [COMMAND]\n",
    });
  });
});
