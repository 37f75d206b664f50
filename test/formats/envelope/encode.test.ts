import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { EM } from "#formats/elf/constants.ts";
import { decodeEnvelope } from "#formats/envelope/decode.ts";
import { encodeEnvelope, layoutEnvelope } from "#formats/envelope/encode.ts";
import { judgedBy, output, withFile } from "../../support/tools.ts";

// The judges are binutils.

const kernel = Buffer.from("MZ: a kernel of 29 bytes here");
const initrd = Buffer.from("an initrd!");
const cmdline = Buffer.from("quiet splash");
const whole = encodeEnvelope({ machine: EM.AARCH64, kernel, initrd, cmdline });

/** `whole` as docs/spec.md ("Envelope") lays it out, written by hand. */
const GOLDEN = `
  7f454c46 02 01 01 00 0000000000000000   ident: ELF64, little-endian, version 1
  0200 b700 01000000 0000000000000000     ET_EXEC, EM_AARCH64, version 1, entry 0
  0000000000000000 4000000000000000       e_phoff 0, e_shoff 64
  00000000 4000 0000 0000 4000 0500 0400  flags 0, e_ehsize 64, no program headers, 5 sections of 64, names in 4

  00000000 00000000 0000000000000000 0000000000000000 0000000000000000  null
  0000000000000000 00000000 00000000 0000000000000000 0000000000000000
  01000000 01000000 0200000000000000 0000000000000000 8001000000000000  .kernel: PROGBITS, ALLOC, at 384
  1d00000000000000 00000000 00000000 0100000000000000 0000000000000000  29 bytes, alignment 1
  09000000 01000000 0200000000000000 0000000000000000 9d01000000000000  .initrd: at 413
  0a00000000000000 00000000 00000000 0100000000000000 0000000000000000  10 bytes
  11000000 01000000 0200000000000000 0000000000000000 a801000000000000  .cmdline: at 424
  0d00000000000000 00000000 00000000 0100000000000000 0000000000000000  13 bytes
  1a000000 03000000 0000000000000000 0000000000000000 b801000000000000  .shstrtab: STRTAB, at 440
  2400000000000000 00000000 00000000 0100000000000000 0000000000000000  36 bytes

  4d5a3a2061206b65726e656c206f662032392062797465732068657265  MZ: a kernel of 29 bytes here
  616e20696e6974726421 00                                     an initrd! and padding to 424
  71756965742073706c617368 00 000000                          quiet splash, its NUL, padding to 440
  00 2e6b65726e656c 00 2e696e69747264 00                      .kernel .initrd
  2e636d646c696e65 00 2e7368737472746162 00                   .cmdline .shstrtab
`;

/** The bytes that stand before the words of each line. */
function fromHex(text: string): Buffer {
  const digits = text.split("\n").map((line) => /^ {2}((?:[0-9a-f]{2,} ?)*)(?: |$)/.exec(line)?.[1] ?? "");
  return Buffer.from(digits.join("").replaceAll(" ", ""), "hex");
}

/** [name, type, offset, size, flags, alignment] of each section that readelf lists. */
function sections(bytes: Uint8Array): readonly unknown[] {
  const listing = withFile(bytes, (path) => output("readelf", ["-SW", path]).toString());
  return [
    ...listing.matchAll(/^ {2}\[ ?\d+\] (\.\S+) +(\S+) +\S+ (\S+) (\S+) \S+ +([A-Z]*) +\d+ +\d+ +(\d+)$/gm),
  ].map(([, name, type, offset = "", size = "", flags, alignment]) => [
    name,
    type,
    Number.parseInt(offset, 16),
    Number.parseInt(size, 16),
    flags,
    Number(alignment),
  ]);
}

judgedBy(["readelf", "objcopy"], "an envelope, judged by binutils,", () => {
  test("has each part where the series' builder puts it", () => {
    expect(sections(whole)).toEqual([
      [".kernel", "PROGBITS", 384, 29, "A", 1],
      [".initrd", "PROGBITS", 413, 10, "A", 1],
      [".cmdline", "PROGBITS", 424, 13, "A", 1],
      [".shstrtab", "STRTAB", 440, 36, "", 1],
    ]);
    expect(whole.length).toBe(476);
  });

  test.each([
    [EM.AARCH64, "AArch64"],
    [EM.RISCV, "RISC-V"],
    [EM.LOONGARCH, "LoongArch"],
    [EM.X86_64, "Advanced Micro Devices X86-64"],
  ])("is an executable ELF64 for machine %i, without program headers", (machine, name) => {
    const bytes = encodeEnvelope({ machine, kernel });
    const header = withFile(bytes, (path) => output("readelf", ["-hW", path]).toString());
    expect(header).toMatch(/Class: +ELF64\n/);
    expect(header).toMatch(/Data: +2's complement, little endian\n/);
    expect(header).toMatch(/Type: +EXEC /);
    expect(header).toMatch(new RegExp(`Machine: +${name}\n`));
    expect(header).toMatch(/Start of section headers: +64 \(/);
    expect(header).toMatch(/Number of program headers: +0\n/);
    expect(header).toMatch(/Number of section headers: +5\n/);
    expect(header).toMatch(/Section header string table index: 4\n/);
  });

  test("gives every part back through objcopy --dump-section", () => {
    withFile(encodeEnvelope({ machine: EM.X86_64, kernel, initrd, cmdline }), (path, folder) => {
      for (const [name, content] of [
        [".kernel", kernel],
        [".initrd", initrd],
        [".cmdline", Buffer.concat([cmdline, Buffer.alloc(1)])],
      ] as const) {
        const out = join(folder, "part");
        output("objcopy", ["--dump-section", `${name}=${out}`, path, "/dev/null"]);
        expect(readFileSync(out)).toEqual(content);
      }
    });
  });

  test("without initrd and command line has empty sections for them", () => {
    expect(sections(encodeEnvelope({ machine: EM.AARCH64, kernel }))).toEqual([
      [".kernel", "PROGBITS", 384, 29, "A", 1],
      [".initrd", "PROGBITS", 413, 0, "A", 1],
      [".cmdline", "PROGBITS", 416, 0, "A", 1],
      [".shstrtab", "STRTAB", 416, 36, "", 1],
    ]);
  });
});

describe("the envelope encoder", () => {
  test("writes every byte as the specification has it", () => {
    expect(Buffer.from(whole).toString("hex")).toBe(fromHex(GOLDEN).toString("hex"));
  });

  test("pads with zeros, and names the sections in the series' order", () => {
    expect([...whole.subarray(423, 424)]).toEqual([0]);
    expect([...whole.subarray(436, 440)]).toEqual([0, 0, 0, 0]);
    expect(Buffer.from(whole.subarray(440)).toString("latin1")).toBe(
      "\0.kernel\0.initrd\0.cmdline\0.shstrtab\0",
    );
  });

  test.each([1, 7, 8, 9])(
    "lays out a kernel of %i bytes so that head, parts and tail make the whole",
    (size) => {
      const part = kernel.subarray(0, size);
      const input = { machine: EM.RISCV, kernelSize: size, initrdSize: initrd.length, cmdline };
      const layout = layoutEnvelope(input);
      expect(layout).toMatchObject({ kernelOffset: 384, initrdOffset: 384 + size, tailOffset: 394 + size });
      const pieces = Buffer.concat([layout.head, part, initrd, layout.tail]);
      expect(pieces.length).toBe(layout.size);
      expect(Uint8Array.from(pieces)).toEqual(
        encodeEnvelope({ machine: EM.RISCV, kernel: part, initrd, cmdline }),
      );
    },
  );

  test("lays out images of several gigabytes without holding them", () => {
    const layout = layoutEnvelope({
      machine: EM.AARCH64,
      kernelSize: 5e9,
      initrdSize: 6e9,
      cmdline: undefined,
    });
    expect(layout).toMatchObject({
      initrdOffset: 5_000_000_384,
      tailOffset: 11_000_000_384,
      size: 11_000_000_420,
    });
    expect(layout.head.length).toBe(384);
    expect(layout.tail.length).toBe(36);
  });

  test("writes what the decoder reads", () => {
    expect(decodeEnvelope(whole)).toMatchObject({
      ok: true,
      value: {
        machine: EM.AARCH64,
        kernel: { data: Uint8Array.from(kernel), offset: 384 },
        initrd: { data: Uint8Array.from(initrd), offset: 413 },
        cmdline: { data: Uint8Array.from([...cmdline, 0]), offset: 424 },
      },
    });
  });

  test("refuses an empty kernel and a command line with a NUL inside", () => {
    expect(() => encodeEnvelope({ machine: 1, kernel: new Uint8Array(0) })).toThrow(
      "an envelope without a kernel",
    );
    expect(() => encodeEnvelope({ machine: 1, kernel, cmdline: Uint8Array.of(65, 0, 66) })).toThrow(
      "NUL inside",
    );
  });
});
