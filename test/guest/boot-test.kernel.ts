import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import {
  arm64BootableUki,
  type BootableUki,
  riscv64BootableUki,
  x86BootableUki,
} from "../support/bootable-uki.ts";
import { cliOk } from "../support/cli.ts";
import { bootTest, buildParsers, noGuest, PATIENCE, wrongTargets } from "../support/guest.ts";
import { describeUnless, llvmTool } from "../support/tools.ts";
import { noX86Pe } from "../support/uki.ts";

describeUnless(noGuest("qemu-system-x86_64") ?? noX86Pe(), "boot-test on x86", () => {
  let uki: BootableUki;
  beforeAll(() => {
    uki = x86BootableUki("token=one");
  });

  it(
    "boots what the uki parser of v6 makes of a UKI",
    async () => {
      const cwd = await buildParsers(uki, "uki", "--arch", "x86", "--abi", "v6");
      const { status, stdout, stderr } = await bootTest(cwd, "uki.bpf", uki.path, "--abi", "v6");
      expect([stderr, status]).toEqual(["", 0]);
      expect(stdout).toMatch(/^\.bpf\.1 +3 commands\nsecond kernel +started with: .*token=one\n/m);
    },
    PATIENCE,
  );

  it(
    "boots a UKI with 2,000 sections and more, the kernel behind the others",
    async () => {
      const many = x86BootableUki("token=many", 2000);
      const cwd = await buildParsers(many, "uki", "--arch", "x86");
      const { status, stdout, stderr } = await bootTest(cwd, "uki.bpf", many.path);
      expect([stderr, status]).toEqual(["", 0]);
      expect(stdout).toMatch(/^\.bpf\.1 +4 commands\nsecond kernel +started with: .*token=many\n/m);
    },
    PATIENCE,
  );

  it(
    "fails where the second kernel does not show the text, and keeps the console",
    async () => {
      const cwd = await buildParsers(uki, "uki", "--arch", "x86");
      const words = ["uki.bpf", uki.path, "--expect", "token=two", "-o", "console"];
      const { status, stdout, stderr } = await bootTest(cwd, ...words);
      expect(stderr).toMatch(
        /^kexec-bpf: the second kernel is not as it should be: its console does not show "token=two" \(the machine stopped\)\n/,
      );
      expect(readFileSync(join(cwd, "console"), "latin1")).toContain("token=one");
      expect([status, stdout]).toEqual([1, ""]);
    },
    PATIENCE,
  );

  it.each([
    [
      "a command that the kernel refuses",
      "decompresses",
      /^kexec-bpf: the guest failed: layer 1: no parser takes the image: command 0: DECOMPRESS of \d+ bytes: Operation not supported\n/,
    ],
    ["no initrd", "kernel_only", /^kexec-bpf: the guest failed: the parsers made no initrd\n/],
    [
      "a program that the verifier refuses",
      "refused",
      /^kexec-bpf: \.bpf\.1: the program cannot be loaded: load: R\d invalid mem access 'scalar'\n(?: {2}.*\n)* {2}processed \d+ insns/,
    ],
  ])(
    "tells of %s by its cause",
    async (_, name, words) => {
      const cwd = await buildParsers(uki, name, "--arch", "x86", "--targets", wrongTargets());
      const { status, stdout, stderr } = await bootTest(cwd, `${name}.bpf`, uki.path, "--json");
      expect(stderr).toMatch(words);
      expect(status).toBe(1);
      const report = JSON.parse(stdout);
      expect(report).toMatchObject({ schema: 1, passed: false });
      expect(`kexec-bpf: ${report.error.message}\n`).toBe(stderr);
    },
    PATIENCE,
  );

  it(
    "does not go on to a layer that nothing was queued for",
    async () => {
      const words = ["uki", "kernel_only", "--arch", "x86", "--targets", wrongTargets()];
      const cwd = await buildParsers(uki, ...words);
      const sections = [".bpf.1=kernel_only_bytecode.o", ".bpf.nested=uki.bpf"];
      const pack = ["pack", "container", ...sections.flatMap((section) => ["--section", section])];
      await cliOk([...pack, "-o", "nested.bpf"], { cwd });
      const { status, stderr } = await bootTest(cwd, "nested.bpf", uki.path);
      expect(stderr).toMatch(
        /^kexec-bpf: the guest failed: layer 1: nothing was queued for \.bpf\.nested: no command had FILL\n/,
      );
      expect(status).toBe(1);
    },
    PATIENCE,
  );
});

const noArm64 = noGuest("qemu-system-aarch64", "aarch64-linux-gnu-gcc", llvmTool("llvm-objcopy"));
describeUnless(noArm64, "boot-test on arm64", () => {
  it(
    "boots Debian's own kernel, a plain Image, out of a UKI: the second layer's first parser refuses it, its second is content",
    async () => {
      const uki = await arm64BootableUki("token=plain");
      const cwd = await buildParsers(uki, "uki", "--arch", "arm64");
      const words = ["uki.bpf", uki.path, "--arch", "arm64", "--expect", "token=plain", "--json"];
      const { status, stdout, stderr } = await bootTest(cwd, ...words);
      expect([stderr, status]).toEqual(["", 0]);
      const report = JSON.parse(stdout);
      expect(report).toMatchObject({ passed: true, cmdline: uki.cmdline });
      expect(report.release).toMatch(/-cloud-arm64$/);
      expect(report.parsers).toEqual([
        { path: ".bpf.1", commands: 4 },
        { path: ".bpf.nested/.bpf.1", commands: 0 },
        { path: ".bpf.nested/.bpf.2", commands: 1 },
      ]);
      expect(report.secondConsole).toMatch(new RegExp(`^init of 6\\.\\S+-arm64: ${uki.cmdline}`, "m"));
    },
    PATIENCE,
  );

  it.each(["gzip", "zstd22", "xzkern", "lz4", "lzo"] as const)(
    "boots a zboot image of %s out of a UKI: two layers of parsers, decompressed by the kernel",
    async (compression) => {
      const uki = await arm64BootableUki(`token=${compression}`, compression);
      const cwd = await buildParsers(uki, "uki", "--arch", "arm64");
      const { status, stdout, stderr } = await bootTest(cwd, "uki.bpf", uki.path, "--arch", "arm64");
      expect([stderr, status]).toEqual(["", 0]);
      expect(stdout).toMatch(/^\.bpf\.1 +4 commands\n\.bpf\.nested\/\.bpf\.1 +2 commands\nsecond kernel /m);
      expect(stdout).toContain(`shows: ${uki.cmdline}\n`);
    },
    PATIENCE,
  );

  it(
    "does not take lzma apart, whose decompressor the kernel keeps to itself",
    async () => {
      const uki = await arm64BootableUki("token=lzma", "lzma");
      const cwd = await buildParsers(uki, "uki", "--arch", "arm64");
      const { status, stderr } = await bootTest(cwd, "uki.bpf", uki.path, "--arch", "arm64");
      expect(stderr).toMatch(
        /^kexec-bpf: the guest failed: layer 2: no parser takes the image: command 0: DECOMPRESS of \d+ bytes: Operation not supported\n/,
      );
      expect(status).toBe(1);
    },
    PATIENCE,
  );

  it(
    "does not boot what only the first layer has taken apart",
    async () => {
      const uki = await arm64BootableUki("token=one", "gzip");
      const cwd = await buildParsers(uki, "uki", "zboot", "--arch", "arm64");
      await cliOk(["pack", "container", "--section", ".bpf.1=uki_bytecode.o", "-o", "flat.bpf"], { cwd });
      const { status, stderr } = await bootTest(cwd, "flat.bpf", uki.path, "--arch", "arm64");
      expect(stderr).toMatch(/^kexec-bpf: the guest failed: the kernel is no arm64 Image\n/);
      expect(status).toBe(1);
    },
    PATIENCE,
  );
});

describeUnless(noGuest("qemu-system-riscv64", "riscv64-linux-gnu-gcc"), "boot-test on riscv64", () => {
  it(
    "boots Debian's own kernel, a plain Image, out of a UKI",
    async () => {
      const uki = await riscv64BootableUki("token=riscv64");
      const cwd = await buildParsers(uki, "uki", "--arch", "riscv");
      const words = ["uki.bpf", uki.path, "--arch", "riscv", "--expect", "token=riscv64", "--json"];
      const { status, stdout, stderr } = await bootTest(cwd, ...words);
      expect([stderr, status]).toEqual(["", 0]);
      const report = JSON.parse(stdout);
      expect(report).toMatchObject({ passed: true, cmdline: uki.cmdline });
      expect(report.parsers).toEqual([
        { path: ".bpf.1", commands: 4 },
        { path: ".bpf.nested/.bpf.1", commands: 0 },
        { path: ".bpf.nested/.bpf.2", commands: 1 },
      ]);
      expect(report.secondConsole).toMatch(new RegExp(`^init of 6\\.\\S+-riscv64: ${uki.cmdline}`, "m"));
    },
    PATIENCE,
  );
});
