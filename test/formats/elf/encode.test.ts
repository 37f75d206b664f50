import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EM, ET, SHF, SHT } from "#formats/elf/constants.ts";
import { encodeContainer } from "#formats/elf/container.ts";
import { encodeElf } from "#formats/elf/encode.ts";
import { encodeObject } from "#formats/elf/object.ts";
import { expectValue } from "../../support/expect-value.ts";
import { judgedBy } from "../../support/tools.ts";

// The judges here are binutils, not the project's own decoder.
const BINUTILS = ["readelf", "nm", "objcopy", "ld"];

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kexec-bpf-elf-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function written(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** A tool's output; any word on stderr, where binutils warn about odd files, fails the test. */
function run(tool: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(tool, args, { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  return stdout;
}

const DATA = Buffer.from("13 bytes here\0");
const INSNS = Buffer.from("\x85\x10\0\0\0\0\0\0\0", "latin1");
const symbols = [
  { name: "opts_data", bytes: DATA },
  { name: "opts_insn", bytes: INSNS },
];

judgedBy(BINUTILS, "an object, judged by binutils", () => {
  test("has the sections that a compiler would write", () => {
    const file = written("a.o", encodeObject({ machine: EM.AARCH64, symbols }));
    const rows = run("readelf", "-SW", file)
      .split("\n")
      .filter((line) => /^ {2}\[ ?\d/.test(line))
      .map((line) => line.slice(7).trim().split(/\s+/));
    //             name              type        address             offset    size      es    flags lk  inf al
    expect(rows.map((r) => [r[0], r[1], r.at(-1)])).toEqual([
      ["NULL", "0000000000000000", "0"],
      [".rodata", "PROGBITS", "8"],
      [".note.GNU-stack", "PROGBITS", "1"],
      [".symtab", "SYMTAB", "8"],
      [".strtab", "STRTAB", "1"],
      [".shstrtab", "STRTAB", "1"],
    ]);
    expect(rows[1]?.[6]).toBe("A");
  });

  test("has the two arrays as global objects, 8-aligned, with their sizes", () => {
    const file = written("b.o", encodeObject({ machine: EM.X86_64, symbols }));
    expect(run("nm", "-S", file)).toBe(
      "0000000000000000 000000000000000e R opts_data\n0000000000000010 0000000000000009 R opts_insn\n",
    );
  });

  test("gives the bytes back through objcopy", () => {
    const file = written("c.o", encodeObject({ machine: EM.X86_64, symbols }));
    const out = join(folder, "c.rodata");
    run("objcopy", "-O", "binary", "-j", ".rodata", file, out);
    expect(readFileSync(out)).toEqual(Buffer.concat([DATA, Buffer.alloc(2), INSNS]));
  });

  test("links with ld -r, and its symbols stay where they were", () => {
    const file = written("d.o", encodeObject({ machine: EM.X86_64, symbols }));
    const out = join(folder, "d-linked.o");
    run("ld", "-r", "-o", out, file);
    expect(run("nm", "-S", out)).toContain("0000000000000010 0000000000000009 R opts_insn\n");
  });

  test.each([
    ["x86", EM.X86_64, "Advanced Micro Devices X86-64", "0x0"],
    ["arm64", EM.AARCH64, "AArch64", "0x0"],
    ["riscv", EM.RISCV, "RISC-V", "0x5, RVC, double-float ABI"],
    ["loongarch", EM.LOONGARCH, "LoongArch", "0x43, DOUBLE-FLOAT, OBJ-v1"],
  ])("says %s in its header", (_, machine, name, flags) => {
    const header = run("readelf", "-h", written("e.o", encodeObject({ machine, symbols })));
    expect(header).toMatch(new RegExp(`Machine: +${name}\n`));
    expect(header).toMatch(new RegExp(`Flags: +${flags}`));
    expect(header).toMatch(/Type: +REL/);
  });

  test("depends on nothing but its arguments", () => {
    const once = encodeObject({ machine: EM.RISCV, symbols });
    expect(encodeObject({ machine: EM.RISCV, symbols })).toEqual(once);
  });
});

judgedBy(BINUTILS, "a container, judged by binutils", () => {
  const one = Buffer.from("first program");
  const two = Buffer.from("second");

  test("has its sections, the null section and the names, and nothing else", () => {
    const container = expectValue(
      encodeContainer({
        machine: EM.AARCH64,
        sections: [
          { name: ".bpf.1", data: one },
          { name: ".bpf.2", data: two },
        ],
      }),
    );
    const listing = run("readelf", "-SW", written("x.bpf", container));
    const rows = listing.split("\n").filter((line) => /^ {2}\[ ?\d/.test(line));
    expect(rows.map((line) => line.slice(7).trim().split(/\s+/).slice(0, 2))).toEqual([
      ["NULL", "0000000000000000"],
      [".bpf.1", "PROGBITS"],
      [".bpf.2", "PROGBITS"],
      [".shstrtab", "STRTAB"],
    ]);
    expect(rows[1]).toMatch(/0{16} 000040 00000d 00 {6}0 +0 +8$/);
  });

  test("gives a program back through objcopy --dump-section", () => {
    const container = expectValue(
      encodeContainer({
        machine: EM.X86_64,
        sections: [{ name: ".bpf.1", data: one }],
      }),
    );
    const out = join(folder, "program");
    const file = written("y.bpf", container);
    execFileSync("objcopy", ["--dump-section", `.bpf.1=${out}`, file, "/dev/null"]);
    expect(readFileSync(out)).toEqual(one);
  });
});

judgedBy(BINUTILS, "headers first, as the envelope of SPEC section 2 has them", () => {
  const kernel = Buffer.from("K".repeat(13));
  const initrd = Buffer.from("I".repeat(10));
  const cmdline = Buffer.from("quiet\0");
  const bytes = encodeElf({
    type: ET.EXEC,
    machine: EM.AARCH64,
    layout: "headers-first",
    sectionNamesFileAlign: 8,
    sections: [
      { name: ".kernel", type: SHT.PROGBITS, flags: SHF.ALLOC, data: kernel },
      { name: ".initrd", type: SHT.PROGBITS, flags: SHF.ALLOC, data: initrd },
      { name: ".cmdline", type: SHT.PROGBITS, flags: SHF.ALLOC, data: cmdline, fileAlign: 8 },
    ],
  });

  test("puts the first section at 384, the second straight behind it, and pads with zeros to 8", () => {
    const offsets = run("readelf", "-SW", written("z.elf", bytes))
      .split("\n")
      .filter((line) => /PROGBITS|STRTAB/.test(line))
      .map((line) => line.slice(7).trim().split(/\s+/))
      .map((row) => [row[0], Number.parseInt(row[3] ?? "", 16), Number.parseInt(row[4] ?? "", 16)]);
    expect(offsets).toEqual([
      [".kernel", 384, 13],
      [".initrd", 397, 10],
      [".cmdline", 408, 6],
      [".shstrtab", 416, 36],
    ]);
    expect(bytes.length).toBe(452);
    expect(bytes.subarray(407, 408)).toEqual(Uint8Array.of(0));
  });

  test("names them in the order of the sections", () => {
    expect(Buffer.from(bytes.subarray(416)).toString("latin1")).toBe(
      "\0.kernel\0.initrd\0.cmdline\0.shstrtab\0",
    );
  });
});
