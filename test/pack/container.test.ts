import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { appendSignature } from "#formats/signature/signature.ts";
import type { Packed } from "#pack/types.ts";
import { judgedBy, output } from "../support/tools.ts";
import { bytecode, Workplace, zbootFor } from "./samples.ts";

function workplace(): Workplace {
  const place = new Workplace();
  for (const mark of ["one", "two"]) place.file(`${mark}.o`, bytecode(mark));
  return place;
}

const pack = (...sections: readonly string[]) => [
  "pack",
  "container",
  ...sections.flatMap((section) => ["--section", section]),
];

judgedBy(["readelf", "objcopy"], "pack container, judged by binutils,", () => {
  test("writes the sections in their order, which objcopy takes out again", async () => {
    const place = workplace();
    await place.ok(...pack(".bpf.1=one.o"), "-o", "inner.bpf");
    await place.ok(...pack(".bpf.1=one.o", ".bpf.2=two.o", ".bpf.nested=inner.bpf"), "-o", "out.bpf");
    const words = output("readelf", ["-hSW", place.path("out.bpf")]).toString();
    expect(words).toMatch(/Type: +REL .*\n +Machine: +AArch64/);
    expect([...words.matchAll(/^ {2}\[ ?\d+\] (\.\S+)/gm)].map(([, name]) => name)).toEqual([
      ".bpf.1",
      ".bpf.2",
      ".bpf.nested",
      ".shstrtab",
    ]);
    for (const [name, file] of [
      [".bpf.1", "one.o"],
      [".bpf.2", "two.o"],
      [".bpf.nested", "inner.bpf"],
    ] as const) {
      const dump = `--dump-section=${name}=${place.path("part")}`;
      output("objcopy", ["-I", "elf64-little", dump, place.path("out.bpf"), "/dev/null"]);
      expect(place.read("part").equals(place.read(file))).toBe(true);
    }
  });
});

describe("pack container refuses", () => {
  test.each([
    ["a gap", [".bpf.1=one.o", ".bpf.3=two.o"], ".bpf.3 without .bpf.2"],
    ["a duplicate", [".bpf.1=one.o", ".bpf.1=two.o"], "duplicate section .bpf.1"],
    ["two digits", [".bpf.1=one.o", ".bpf.10=two.o"], 'foreign section ".bpf.10"'],
    ["a ninth program", [".bpf.9=one.o"], 'foreign section ".bpf.9"'],
    ["another name", [".bpf.1=one.o", ".text=two.o"], 'foreign section ".text"'],
    ["no program", [], "no section .bpf.1"],
    ["what is no bytecode", [".bpf.1=text"], "text: ELF file header"],
    ["an object to be nested", [".bpf.1=one.o", ".bpf.nested=two.o"], "two.o: .bpf container"],
  ])("%s", async (_, sections, words) => {
    const place = workplace();
    place.file("text", "text, and no ELF file at all ".repeat(10));
    const { status, stderr } = await place.run(...pack(...sections), "-o", "out.bpf");
    expect([status, stderr]).toEqual([1, expect.stringContaining(words)]);
    expect(readdirSync(place.folder)).not.toContain("out.bpf");
  });

  test("a fifth level", async () => {
    const place = workplace();
    await place.ok(...pack(".bpf.1=one.o"), "-o", "1.bpf");
    for (const level of [2, 3, 4]) {
      await place.ok(...pack(".bpf.1=one.o", `.bpf.nested=${level - 1}.bpf`), "-o", `${level}.bpf`);
    }
    const { status, stderr } = await place.run(...pack(".bpf.1=one.o", ".bpf.nested=4.bpf"), "-o", "5.bpf");
    expect([status, stderr]).toEqual([1, expect.stringContaining("containers nested deeper than 4")]);
  });

  test("a section without a file, as a matter of usage", async () => {
    const { status, stderr } = await workplace().run(...pack(".bpf.1"), "-o", "out.bpf");
    expect([status, stderr]).toEqual([2, "kexec-bpf: --section .bpf.1: NAME=FILE is expected\n"]);
  });
});

describe("unpack", () => {
  test("gives the files of a container back, and says that a signature is left", async () => {
    const place = workplace();
    await place.ok(...pack(".bpf.1=one.o"), "-o", "inner.bpf");
    const report = await place.json<Packed>(
      ...pack(".bpf.1=two.o", ".bpf.nested=inner.bpf"),
      "-o",
      "out.bpf",
    );
    place.file("signed.bpf", appendSignature(place.read("out.bpf"), Buffer.from("a message")));
    const { stdout, stderr } = await place.ok("unpack", "signed.bpf", "-o", "parts", "--json");
    expect(stderr).toBe("kexec-bpf: the signature behind the container is not unpacked\n");
    const parts = JSON.parse(stdout).parts as Packed["parts"];
    expect(parts.map(({ name, sha256 }) => [name, sha256])).toEqual(
      report.parts.map(({ name, sha256 }) => [name, sha256]),
    );
    expect(readdirSync(place.path("parts")).sort()).toEqual(["bpf.1", "bpf.nested"]);
    expect(place.read("parts/bpf.1").equals(place.read("two.o"))).toBe(true);
    expect(place.read("parts/bpf.nested").equals(place.read("inner.bpf"))).toBe(true);
  });

  test("gives the parts of an envelope back, from which the same envelope is packed", async () => {
    const place = workplace();
    place.file("kernel", await zbootFor("arm64"));
    place.file("initrd", "an initrd");
    await place.ok("pack", "envelope", "kernel", "initrd", "quiet splash", "-o", "a.elf");
    await place.ok("unpack", "a.elf", "-o", "parts");
    expect(place.read("parts/kernel").equals(place.read("kernel"))).toBe(true);
    expect(place.read("parts/cmdline").toString()).toBe("quiet splash\0");
    await place.ok("pack", "envelope", "parts/kernel", "parts/initrd", "@parts/cmdline", "-o", "b.elf");
    expect(place.read("a.elf").equals(place.read("b.elf"))).toBe(true);
  });

  test.each([
    ["a text", Buffer.from("some text"), "neither an envelope, nor a .bpf container, nor a PE image"],
    ["an object", bytecode(), ".bpf container section header 1, offset"],
    ["an empty file", Buffer.alloc(0), "neither an envelope"],
  ])("refuses %s, and makes no folder", async (_, content, words) => {
    const place = workplace();
    place.file("file", content);
    const { status, stderr } = await place.run("unpack", "file", "-o", "parts");
    expect([status, stderr]).toEqual([1, expect.stringContaining(words)]);
    expect(readdirSync(place.folder)).not.toContain("parts");
  });

  test("refuses a PE image without bytecode", async () => {
    const place = workplace();
    place.file("file", await zbootFor("arm64"));
    const { status, stderr } = await place.run("unpack", "file", "-o", "parts");
    expect([status, stderr]).toEqual([1, expect.stringContaining("a PE image without .bpf")]);
  });
});
