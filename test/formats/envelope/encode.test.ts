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
