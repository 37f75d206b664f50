import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { encodeKbs } from "#abi/kbs.ts";
import { encodeContainer } from "#formats/elf/container.ts";
import { encodeObject } from "#formats/elf/object.ts";
import { encodeEnvelope } from "#formats/envelope/encode.ts";
import type { Inspection } from "#inspect/types.ts";
import { DONE, stream } from "../abi/stream-samples.ts";
import { bpftoolString, skeletonText } from "../formats/light-skeleton/skeleton-text.ts";
import { BtfBuilder } from "../support/btf-builder.ts";
import { encodeCertificate } from "../support/certificate.ts";
import { cli, cliOk } from "../support/cli.ts";
import { buildElf } from "../support/elf-builder.ts";
import { expectValue } from "../support/expect-value.ts";
import { newFolder, write } from "../support/kernel-tree.ts";
import { buildPe } from "../support/pe-builder.ts";
import { amd64Kernel, arm64Image, loong64Zboot } from "../support/real-inputs.ts";
import { encodeUki } from "../support/uki-encoder.ts";
import { buildZboot } from "../support/zboot-builder.ts";

async function inspected(file: string, ...options: string[]): Promise<Inspection> {
  const { stdout } = await cliOk(["inspect", file, "--json", ...options], { cwd: newFolder() });
  return JSON.parse(stdout) as Inspection;
}

const inspectBytes = (bytes: Uint8Array, ...options: string[]) =>
  inspected(write(join(newFolder(), "file"), bytes), ...options);

type TestElfOptions = NonNullable<Parameters<typeof buildElf>[1]>;
const LOADED = { type: 1, offset: 64n, filesz: 4n, paddr: 0x1000n };

const text = (words: string) => Buffer.from(words);
const zboot = buildZboot(gzipSync("kernel"), { compression: "gzip" });
const bytecode = encodeObject({
  machine: 183,
  symbols: [
    { name: "opts_data", bytes: text("data\0") },
    { name: "opts_insn", bytes: text("insn\0") },
  ],
});
const btf = new BtfBuilder();
btf.int("int", 4, 1);

describe("inspect says what a file is:", () => {
  test.each<[string, () => Uint8Array]>([
    ["zboot", () => zboot],
    [
      "UKI",
      () => expectValue(encodeUki({ arch: "x86", sections: [{ name: ".linux", data: text("kernel") }] })),
    ],
    [
      "UKI addon",
      () =>
        expectValue(
          encodeUki({ arch: "x86", addon: true, sections: [{ name: ".cmdline", data: text("quiet") }] }),
        ),
    ],
    ["envelope", () => encodeEnvelope({ machine: 183, kernel: zboot })],
    [
      ".bpf container",
      () => expectValue(encodeContainer({ machine: 183, sections: [{ name: ".bpf.1", data: bytecode }] })),
    ],
    ["bytecode object", () => bytecode],
    ["BTF", () => btf.build()],
    ["command stream (.kbs)", () => encodeKbs(stream("v7", DONE))],
    ["gzip stream", () => gzipSync("words")],
    ["light skeleton", () => text(skeletonText())],
    ["text", () => text("words\n")],
    ["empty file", () => new Uint8Array(0)],
  ])("%s", async (format, bytes) => {
    expect(await inspectBytes(bytes())).toMatchObject({ schema: 1, format });
  });

  test.each<[string, TestElfOptions]>([
    ["vmlinux", { type: 2, machine: 62, programs: [{ ...LOADED, vaddr: 0xffff_ffff_8100_0000n }] }],
    ["program", { type: 3, machine: 62, programs: [{ ...LOADED, vaddr: 0x1000n }] }],
    ["program", { type: 3, machine: 183, programs: [{ ...LOADED, vaddr: 0x1000n }] }],
    ["object file", { type: 1, machine: 62 }],
    ["BPF object", { type: 1, machine: 247 }],
    ["core dump", { type: 4, machine: 62 }],
    ["ELF file for machine 22", { type: 2, machine: 22, littleEndian: false }],
  ])("%s", async (format, options) => {
    const { bytes } = buildElf([{ name: ".text", data: text("code") }], options);
    expect(await inspectBytes(bytes)).toMatchObject({ format });
  });

  test("bzImage, Image, vmlinux", async () => {
    const { bzImage, vmlinux } = amd64Kernel();
    expect((await inspected(bzImage)).format).toBe("bzImage");
    expect((await inspected(arm64Image())).format).toBe("arm64 Image");
    expect((await inspected(vmlinux, "--no-hashes")).format).toBe("vmlinux");
  });
});

describe("inspect --json", () => {
  test("has a light skeleton's name, programs, maps and sizes", async () => {
    const header = skeletonText({
      data: new Uint8Array(5),
      insns: new Uint8Array(16),
      maps: ["ringbuf_1", "bss"],
    });
    expect((await inspectBytes(text(header))).fields).toEqual([
      { name: "parser", value: "hello_bpf" },
      { name: "programs", value: "parse_pe" },
      { name: "maps", value: "ringbuf_1, bss" },
      { name: "opts_data", value: 5 },
      { name: "opts_insn", value: 16 },
    ]);
  });

  test("says why a light skeleton is of no use", async () => {
    const lame = skeletonText().replace("opts_insn[]", "other[]");
    expect(await inspectBytes(text(lame))).toMatchObject({
      format: "light skeleton, unusable",
      warnings: [expect.stringMatching(/^opts_insn: not in the light skeleton/)],
    });
  });

  test("takes the arrays alone for text", async () => {
    const arrays = `const char opts_insn[] = "${bpftoolString(new Uint8Array(8))}";\n`;
    expect(await inspectBytes(text(`const char opts_data[] = "data";\n${arrays}`))).toMatchObject({
      format: "text",
    });
  });

  test("keeps duplicates and the file's order, and warns of the duplicates", async () => {
    const { parts, warnings } = await inspectBytes(
      buildPe([
        { name: ".linux", data: text("first") },
        { name: ".cmdline", data: text("one") },
        { name: ".linux", data: text("second, longer") },
      ]).bytes,
    );
    expect(parts.filter(({ name }) => name.startsWith(".")).map(({ name, size }) => [name, size])).toEqual([
      [".linux", 5],
      [".cmdline", 3],
      [".linux", 14],
    ]);
    expect(warnings).toContain("2 sections are called .linux: the first counts");
  });

  test("warns that a change invalidates the certificates", async () => {
    const certificate = encodeCertificate(text("signature"));
    const { warnings, parts } = await inspectBytes(
      buildPe([{ name: ".linux", data: text("kernel") }], { certificate }).bytes,
    );
    expect(parts.at(-1)).toMatchObject({ name: "certificates", size: certificate.length });
    expect(warnings).toContain(
      "signed: a change to the file, an added section too, invalidates the certificates",
    );
  });

  test("warns of padding that is not zero", async () => {
    const data = text("kernel and what VirtualSize leaves out");
    const { warnings } = await inspectBytes(buildPe([{ name: ".linux", data, virtualSize: 6 }]).bytes);
    expect(warnings).toContainEqual(
      expect.stringMatching(/^\.linux \(section 0\) has 506 bytes of padding, not/),
    );
  });

  test("shows texts and padding in the middle of a file of which only the tables are read", async () => {
    const initrd = { name: ".initrd", data: Buffer.alloc(3 << 20, 1) };
    const cmdline = { name: ".cmdline", data: text("quiet\0and padding"), virtualSize: 6 };
    const { bytes } = buildPe([initrd, cmdline, { ...initrd, name: ".linux" }]);
    const { fields, warnings } = await inspectBytes(bytes);
    expect(fields).toContainEqual({ name: ".cmdline", value: "quiet" });
    expect(warnings).toContainEqual(expect.stringMatching(/^\.cmdline \(section 1\) .*, not all zero$/));
  });

  test("has no sha256 with --no-hashes", async () => {
    expect(JSON.stringify(await inspectBytes(zboot))).toContain("sha256");
    expect(JSON.stringify(await inspectBytes(zboot, "--no-hashes"))).not.toContain("sha256");
  });

  test("finds in Debian's loong64 kernel the payload where its header says", async () => {
    const found = await inspected(loong64Zboot(), "--no-hashes");
    const field = (wanted: string) => found.fields.find(({ name }) => name === wanted)?.value;
    const emitted = found.streams.find(({ parser, revision }) => parser === "zboot" && revision === "v7");
    expect(emitted?.commands?.[0]).toEqual({
      ended: false,
      command: expect.stringMatching(/^DECOMPRESS\/KERNEL/),
      payload: { name: "payload", offset: field("payload offset"), size: field("payload size") },
    });
    expect(field("payload size")).toBeGreaterThan(1 << 20);
  });

  test("fails with exit status 1 on a file that is not there", async () => {
    const { status, stdout, stderr } = await cli(["inspect", "absent", "--json"], { cwd: newFolder() });
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ schema: 1, error: { reason: "file-failed", code: "ENOENT" } });
    expect(stderr).toContain("absent");
  });
});
