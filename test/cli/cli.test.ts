import { existsSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { version } from "#package.json";
import { cli, cliOk, programFile, runProgram } from "../support/cli.ts";
import { kernelTree, newFolder, script } from "../support/kernel-tree.ts";

/** Begins every colour and every style of a terminal. */
const ESCAPE = "\u001b[";

describe("kexec-bpf", () => {
  it("--version says the package's version on stdout, by the short way in and by the long one", async () => {
    const cwd = newFolder();
    const expected = { status: 0, stdout: `${version}\n`, stderr: "" };
    expect(await runProgram(["--version"], { cwd })).toMatchObject(expected);
    expect(await cli(["--version"], { cwd })).toEqual(expected);
  });

  it.each([
    { argv: ["--help"], says: ["build [goals..]", "make [words..]", "doctor"] },
    { argv: ["-h"], says: ["Builds the BPF programs"] },
    { argv: ["build", "--help"], says: ["--bytecode-object", "--kernel-tree"] },
    { argv: ["make", "--help"], says: ["VMLINUX_BTF", "-C DIR, -j[N], -s"] },
    { argv: ["doctor", "--help"], says: ["--json"] },
  ])("$argv is answered on stdout with exit status 0", async ({ argv, says }) => {
    const { status, stdout, stderr } = await cli(argv, { cwd: newFolder() });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    for (const text of says) expect(stdout).toContain(text);
  });

  it("--help as a process leaves no folder behind", async () => {
    const cwd = newFolder();
    const { status, stdout } = await runProgram(["--help"], { cwd });
    expect(status).toBe(0);
    expect(stdout).toContain("kexec-bpf <command> [options]");
    expect(readdirSync(cwd)).toEqual([]);
  });

  it.each([
    { argv: [], says: "a command is needed" },
    { argv: ["bild"], says: "Did you mean build?" },
    { argv: ["build", "--nonesuch"], says: "Unknown argument: nonesuch" },
    { argv: ["build", "--vmlinux"], says: "--vmlinux needs a value" },
    { argv: ["build", "--arch", "foo"], says: "--arch foo: arm64, riscv, loongarch, x86 are known" },
    { argv: ["build", "--abi", "v8"], says: "--abi v8: auto, v6, v7 are known" },
    { argv: ["build", "--max-kernel", "lots"], says: "--max-kernel lots: from 1 to" },
    { argv: ["build", "--jobs", "0"], says: "--jobs 0: from 1 to 1024 is possible" },
    { argv: ["build", "--jobs", "x"], says: "--jobs x: from 1 to 1024 is possible" },
    { argv: ["build", "-o", "a", "-o", "b"], says: "--output is given more than once" },
    { argv: ["build", "--vmlinux", "a", "--vmlinux", "b"], says: "--vmlinux is given more than once" },
    {
      argv: ["doctor", "--kernel-tree", "a", "--kernel-tree", "b"],
      says: "--kernel-tree is given more than once",
    },
    { argv: ["doctor", "--nonesuch"], says: "Unknown argument: nonesuch" },
  ])("$argv is a usage error: exit status 2, and nothing on stdout", async ({ argv, says }) => {
    const cwd = newFolder();
    const { status, stdout, stderr } = await cli(argv, { cwd });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(says);
    expect(stderr).toContain("kexec-bpf --help shows what there is\n");
    expect(readdirSync(cwd)).toEqual([]);
  });

  it("ends with the status of the command as a process too", async () => {
    expect(await runProgram(["build", "--nonesuch"], { cwd: newFolder() })).toMatchObject({
      status: 2,
      stdout: "",
    });
  });
});

describe("kexec-bpf build", () => {
  it("--json gives one line of JSON of schema 1 with every output and its digest", async () => {
    const { root } = kernelTree();
    const cwd = newFolder();
    const words = ["build", "uki", "--kernel-tree", root, "--arch", "arm64", "--abi", "v7", "--json"];
    const { stdout, stderr } = await cliOk(words, { cwd });
    expect(stdout.trimEnd()).not.toContain("\n");
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      schema: 1,
      out: join(cwd, "out"),
      arch: "arm64",
      abi: { revision: "v7", source: "built-in" },
      tools: { clang: expect.stringMatching(/^\d+\./), bpftool: expect.stringMatching(/^\d+\./) },
      containers: [
        { name: "plain.bpf", sections: [{ name: ".bpf.1", file: "plain_bytecode.o" }] },
        {
          name: "uki.bpf",
          sections: [
            { name: ".bpf.1", file: "uki_bytecode.o" },
            { name: ".bpf.nested/.bpf.1", file: "zboot_bytecode.o" },
            { name: ".bpf.nested/.bpf.2", file: "plain_bytecode.o" },
          ],
        },
        { name: "zboot.bpf", sections: [{ name: ".bpf.1", file: "zboot_bytecode.o" }] },
      ],
    });
    const { createHash } = await import("node:crypto");
    const files = readdirSync(join(cwd, "out")).filter((name) => name !== ".kexec-bpf");
    expect(report.outputs.map((output: { name: string }) => output.name).sort()).toEqual(files.sort());
    for (const { name, size, sha256 } of report.outputs) {
      const bytes = readFileSync(join(cwd, "out", name));
      expect({ size, sha256 }, name).toEqual({
        size: bytes.length,
        sha256: createHash("sha256").update(bytes).digest("hex"),
      });
    }
    expect(stderr).toContain("  CLANG    uki_parser_bpf.o\n");
  });

  it("says what it does on stderr, and on stdout nothing but the result", async () => {
    const { root } = kernelTree();
    const words = ["build", "image_size.h", "--kernel-tree", root, "--arch", "arm64"];
    const { stdout, stderr } = await cliOk(words, { cwd: newFolder() });
    expect(stderr).toContain("  GEN      image_size.h\n");
    expect(stdout).not.toContain("kexec-bpf:");
    expect(stdout).not.toMatch(/^ {2}GEN/m);
    expect(stdout).toMatch(/^image_size\.h +\d+ B +[0-9a-f]{16}$/m);
  });

  it("tells its failure as JSON with --json, and keeps the exit status", async () => {
    const words = ["build", "zboot", "--vmlinux", "/nonesuch", "--max-kernel", "1M", "--json"];
    const { status, stdout, stderr } = await cli(words, { cwd: newFolder() });
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 1,
      error: { reason: "input-not-found", what: "vmlinux" },
    });
    expect(stderr).toContain("kexec-bpf: vmlinux not found: ");
  });

  it("takes goals behind --targets and another folder with each --targets", async () => {
    const { root } = kernelTree();
    const [one, two] = [newFolder("targets"), newFolder("targets")];
    const words = ["--kernel-tree", root, "--arch", "arm64", "--json", "--targets", one, "--targets", two];
    const { stdout } = await cliOk(["build", ...words, "image_size.h"], { cwd: newFolder() });
    expect(JSON.parse(stdout).outputs).toEqual([expect.objectContaining({ name: "image_size.h" })]);
  });

  it("takes relative paths, tools among them, from the folder that it is called in", async () => {
    const { root } = kernelTree();
    script(join(root, "bin/clang"), "exit 1");
    const words = ["build", "image_size.h", "--kernel-tree", ".", "--arch", "arm64", "--clang", "bin/clang"];
    const { status, stderr } = await cli(words, { cwd: root });
    expect(status).toBe(3);
    expect(stderr).toContain(`tried: ${root}/bin/clang: exit status 1\n`);
  });

  it("shows the commands with --verbose", async () => {
    const { root } = kernelTree();
    const words = ["build", "zboot_parser_bpf.o", "--kernel-tree", root, "--arch", "arm64", "--verbose"];
    const { stderr } = await cliOk(words, { cwd: newFolder() });
    expect(stderr).toMatch(/^cd \.kexec-bpf && \S*clang\S* -g -O2 .* -o \.\.\/zboot_parser_bpf\.o$/m);
    expect(stderr).not.toContain("  CLANG ");
  });
});

describe("kexec-bpf doctor", () => {
  const machines = ["qemu-system-x86_64", "qemu-system-aarch64", "qemu-system-riscv64"];
  const builders = ["gcc", "make", "pahole", "aarch64-linux-gnu-gcc", "riscv64-linux-gnu-gcc"];
  const tools = ["clang", "bpftool", "libbpf", "openssl", "python3", ...machines, ...builders];

  it("--json gives schema 1 with every tool", async () => {
    const { status, stdout, stderr } = await cli(["doctor", "--json"], { cwd: newFolder() });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ schema: 1, healthy: true });
    expect(report.tools.map((tool: { name: string }) => tool.name)).toEqual(tools);
    for (const tool of report.tools) expect(tool.state).toMatch(/^(found|too-old|missing)$/);
  });

  it("without a tool ends with exit status 3, as text and as JSON, and says what mends it", async () => {
    const env = { CLANG: "/nonesuch/clang" };
    const text = await cli(["doctor"], { cwd: newFolder(), env });
    expect(text.status).toBe(3);
    expect(text.stdout).toMatch(/^clang +missing /m);
    expect(text.stdout).toMatch(/\nto mend it: \S/);
    const json = await cli(["doctor", "--json"], { cwd: newFolder(), env });
    expect(json.status).toBe(3);
    expect(JSON.parse(json.stdout)).toMatchObject({ schema: 1, healthy: false, remedy: expect.any(String) });
  });

  it("finds missing virtual machines no reason to fail, and says how to get them", async () => {
    const env = { PATH: newFolder("empty"), KEXEC_BPF_CACHE: newFolder("cache") };
    const { stdout } = await cli(["doctor", "--json"], { cwd: newFolder(), env });
    const found = JSON.parse(stdout).tools.filter(({ name }: { name: string }) =>
      [...machines, ...builders].includes(name),
    );
    const mended = (words: string) => ({
      state: "missing",
      optional: true,
      // By the script where it helps this user, else by apt.
      needed: expect.stringMatching(
        new RegExp(`kernel-test and boot-test: .*(?:setup ${words}| install -y .+)$`),
      ),
    });
    expect(found).toMatchObject([
      ...[mended("--kernel-vm"), mended("--kernel-vm-arm64"), mended("--kernel-vm-riscv64")],
      ...[mended("--kernel-vm"), mended("--kernel-vm"), mended("--kernel-vm")],
      ...[mended("--kernel-vm-arm64"), mended("--kernel-vm-riscv64")],
    ]);
  });

  it("names scripts/setup only where there is one: an installed package has none", async () => {
    const bare = newFolder("bare");
    symlinkSync(process.execPath, join(bare, "node"));
    const env = { PATH: bare, BPFTOOL: "/nonesuch", KEXEC_BPF_CACHE: newFolder("cache") };
    const checkout = await cli(["doctor"], { cwd: newFolder(), env });
    const installed = await runProgram(["doctor"], { cwd: newFolder(), env });
    expect([checkout.status, installed.status]).toEqual([3, 3]);
    expect(existsSync(join(dirname(dirname(programFile())), "scripts/setup"))).toBe(false);
    expect(installed.stdout).toMatch(/\nto mend it: .*install .*clang/);
    expect(installed.stdout).not.toContain("scripts/setup");
    expect(checkout.stdout).toMatch(/\nto mend it: .*(?:scripts\/setup|apt-get install)/);
  });

  it("has colours on a terminal, and none with NO_COLOR, a dumb terminal or a pipe", async () => {
    const stdout = async (terminal: boolean, env = {}) =>
      (await cli(["doctor"], { cwd: newFolder(), terminal, env })).stdout;
    expect(await stdout(true)).toContain(ESCAPE);
    expect(await stdout(true, { NO_COLOR: "1" })).not.toContain(ESCAPE);
    expect(await stdout(true, { TERM: "dumb" })).not.toContain(ESCAPE);
    expect(await stdout(false)).not.toContain(ESCAPE);
    // The standard: an empty NO_COLOR does not count.
    expect(await stdout(true, { NO_COLOR: "" })).toContain(ESCAPE);
  });
});
