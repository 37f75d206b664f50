import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { decodeBytecodeObject } from "#formats/elf/bytecode-object.ts";
import { buildParsers } from "../../bpf-vm/support/parsers.ts";
import { cli, cliOk } from "../../support/cli.ts";
import { expectValue } from "../../support/expect-value.ts";
import { newFolder } from "../../support/kernel-tree.ts";
import { amd64Kernel } from "../../support/real-inputs.ts";

const FILES = [
  "zboot.bpf",
  "uki.bpf",
  "zboot_bytecode.o",
  "zboot_parser_bpf.o",
  "zboot_parser_bpf.lskel.h",
] as const;

type Listed = {
  readonly schema: number;
  readonly form: string;
  readonly programs: readonly {
    readonly section: string | null;
    readonly name: string;
    readonly attachedTo: string | null;
    readonly maps: readonly { readonly name: string }[];
    readonly instructions: readonly {
      readonly slot: number;
      readonly text: string;
      readonly raw?: string;
      readonly source: { readonly file: string; readonly line: number; readonly text: string } | null;
    }[];
  }[];
};

let cwd: string;
beforeAll(async () => {
  cwd = newFolder();
  const built = await buildParsers("v7");
  for (const name of FILES) writeFileSync(join(cwd, name), built.file(name));
  writeFileSync(join(cwd, "v6.bpf"), (await buildParsers("v6")).file("zboot.bpf"));
});

const lines = async (...args: string[]) => (await cliOk(["disasm", ...args], { cwd })).stdout.split("\n");
const json = async (...args: string[]): Promise<Listed> =>
  JSON.parse((await cliOk(["disasm", "--json", ...args], { cwd })).stdout);
const headings = (text: readonly string[]) => text.filter((line) => line.includes("program parse_pe"));

describe("disasm", () => {
  test("prints the loaded program as the verifier's log does, with the lines of the source", async () => {
    const text = await lines("zboot.bpf");
    expect(text[0]).toMatch(
      /^\.bpf\.1: program parse_pe, attached to kexec_image_parser_anchor, \d+ instructions$/,
    );
    expect(text[1]).toBe("parse_pe:");
    expect(text[2]).toMatch(/^; .*arguments\[0\].* @ zboot_parser_bpf\.c:\d+$/);
    expect(text).toContainEqual(expect.stringMatching(/^\d+: \(85\) call bpf_buffer_parser#\d+$/));
    expect(text).toContainEqual(expect.stringMatching(/^\d+: \(85\) call bpf_ringbuf_reserve#131$/));
    expect(text).toContainEqual(expect.stringMatching(/^\d+: \(18\) r1 = map\[ringbuf_4\]$/));
    expect(text).toContainEqual(
      expect.stringMatching(/^\d+: \(18\) r1 = map\[zboot_pa\.rodata\]\[0\]\+\d+$/),
    );
  });

  test("shows every program of a container, nested ones too", async () => {
    expect(headings(await lines("uki.bpf")).map((line) => line.split(" ")[0])).toEqual([
      ".bpf.1:",
      ".bpf.nested/.bpf.1:",
      ".bpf.nested/.bpf.2:",
    ]);
  });

  test.each([
    ["zboot_bytecode.o", "bytecode object", null],
    ["zboot_parser_bpf.lskel.h", "light skeleton", null],
    ["zboot_parser_bpf.o", "BPF object", "fentry.s/kexec_image_parser_anchor"],
  ])("shows the same instructions of %s as of the container made of it", async (file, form, section) => {
    const [container, other] = [await json("zboot.bpf"), await json(file)];
    expect([other.schema, other.form, other.programs[0]?.section]).toEqual([1, form, section]);
    // The light skeleton's loader has put the object's name before those of its data maps.
    const plain = (listed: Listed) =>
      listed.programs[0]?.instructions.map((instruction) => ({
        ...instruction,
        text: instruction.text.replace("zboot_pa.", "."),
      }));
    expect(plain(other)).toEqual(plain(container));
  });

  test("tells a light skeleton by its text, whatever it is called", async () => {
    writeFileSync(join(cwd, "anything.o"), readFileSync(join(cwd, "zboot_parser_bpf.lskel.h")));
    expect((await json("anything.o")).form).toBe("light skeleton");
  });

  test("shows with --raw the bytes of each instruction, and with --loader those of opts_insn", async () => {
    const object = expectValue(decodeBytecodeObject(readFileSync(join(cwd, "zboot_bytecode.o"))));
    const [loader] = (await json("--raw", "--loader", "zboot_bytecode.o")).programs;
    expect(loader?.name).toBe("__loader.prog");
    expect(loader?.instructions.map(({ raw }) => raw).join("")).toBe(
      Buffer.from(object.insns).toString("hex"),
    );
    expect(loader?.instructions).toContainEqual(
      expect.objectContaining({ text: "(85) call bpf_sys_bpf#166" }),
    );
    const text = await lines("--raw", "--loader", "zboot_bytecode.o");
    expect(text[1]).toBe("0: (bf) r6 = r1");
    expect(text[2]).toBe("       bf 16 00 00 00 00 00 00");
  });

  test("gives machines the line of each instruction that comes of one", async () => {
    const [program] = (await json("zboot_parser_bpf.o")).programs;
    const sources = program?.instructions.map(({ source }) => source) ?? [];
    expect(sources.every((source) => source === null || source.line > 0)).toBe(true);
    expect(sources.filter((source) => source !== null).length).toBeGreaterThan(sources.length / 2);
    expect(program?.instructions[0]).not.toHaveProperty("raw");
    expect(program?.maps.map(({ name }) => name)).toEqual([
      "ringbuf_1",
      "ringbuf_2",
      "ringbuf_3",
      "ringbuf_4",
      ".rodata",
      ".data",
      ".rodata.str1.1",
      ".bss",
    ]);
  });

  test("loads for the revision that the file fits, or for the one that is asked for", async () => {
    const found = await cliOk(["disasm", "v6.bpf"], { cwd });
    expect(found.stderr).toBe("");
    expect(found.stdout).not.toContain("call unknown");
    const asked = await cliOk(["disasm", "v6.bpf", "--abi", "v7"], { cwd });
    expect(asked.stderr).toMatch(/^kexec-bpf: instructions that name what the target kernel has not: 1;/);
    expect(asked.stdout).toContain("call unknown#195896080");
  });

  test("dims all but the instructions on a terminal only", async () => {
    const shown = await cliOk(["disasm", "zboot.bpf"], { cwd, terminal: true });
    expect(shown.stdout).toContain("\u001b[2mparse_pe:\u001b[0m");
    const plain = await cliOk(["disasm", "zboot.bpf"], { cwd, terminal: true, env: { NO_COLOR: "1" } });
    expect(plain.stdout).not.toContain("\u001b");
  });
});

describe("disasm refuses, with file and place,", () => {
  test("what is no program", async () => {
    writeFileSync(join(cwd, "text"), "hello\n");
    expect(await cli(["disasm", "text"], { cwd })).toMatchObject({
      status: 1,
      stdout: "",
      stderr: expect.stringMatching(/^kexec-bpf: \/.*\/text: ELF file header, offset 0x0: /),
    });
  });

  test("a loader program with an instruction that there is not", async () => {
    const bytes = readFileSync(join(cwd, "zboot.bpf"));
    const object = readFileSync(join(cwd, "zboot_bytecode.o"));
    const decoded = expectValue(decodeBytecodeObject(object));
    const at = bytes.indexOf(Buffer.from(decoded.insns)) + 16;
    bytes[at] = 0xff;
    writeFileSync(join(cwd, "broken.bpf"), bytes);
    const { status, stderr } = await cli(["disasm", "broken.bpf", "--loader"], { cwd });
    expect(status).toBe(1);
    expect(stderr).toContain(
      `broken.bpf: BPF .bpf.1, opts_insn, instruction 2, offset 0x${at.toString(16)}: opcode 0xff is not defined`,
    );
  });

  test("a target kernel without the interface", async () => {
    writeFileSync(join(cwd, "no-btf"), Buffer.alloc(64));
    expect((await cli(["disasm", "zboot.bpf", "--btf", "no-btf"], { cwd })).status).toBe(1);
    const own = await cli(["disasm", "zboot.bpf", "--btf", amd64Kernel().vmlinux], { cwd });
    expect(own.status).toBe(1);
    expect(own.stderr).toContain(
      "zboot.bpf: .bpf.1: the program cannot be loaded: the kernel refuses it: ENOENT",
    );
    expect(own.stderr).toContain("kexec_image_parser_anchor");
  });

  test("the loader of an object that has none, and two targets at once", async () => {
    expect((await cli(["disasm", "zboot_parser_bpf.o", "--loader"], { cwd })).stderr).toContain(
      "a BPF object has no loader program",
    );
    expect((await cli(["disasm", "zboot.bpf", "--abi", "v7", "--btf", "x"], { cwd })).status).toBe(2);
  });
});
