import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodePe, peSection } from "#formats/pe/pe-file.ts";
import type { PeFile } from "#formats/pe/types.ts";
import { edited } from "../../support/elf-builder.ts";
import { expectValue } from "../../support/expect-value.ts";
import { buildPe } from "../../support/pe-builder.ts";

const LINUX = Buffer.from("kernel bytes");
const CMDLINE = Buffer.from("quiet");
const good = buildPe([
  { name: ".linux", data: LINUX },
  { name: ".cmdline", data: CMDLINE },
]);

function decoded(bytes: Uint8Array): PeFile {
  return expectValue(decodePe(bytes));
}

function failure(bytes: Uint8Array, base = 0): unknown {
  const result = decodePe(bytes, { base });
  return result.ok ? "ok" : [result.failure.section, result.failure.offset, result.failure.detail];
}

describe("a good PE file", () => {
  test.each([
    [true, "PE32+", 0x1_4000_0000n],
    [false, "PE32", 0x40_0000n],
  ])("is decoded whole (PE32+: %s)", (plus, format, imageBase) => {
    const file = buildPe([{ name: ".linux", data: LINUX }], { plus });
    const pe = decoded(file.bytes);
    expect(pe).toMatchObject({
      format,
      signatureOffset: 0x80,
      machine: 0xaa64,
      characteristics: 0x206,
      sectionTableOffset: file.table,
      certificates: undefined,
      optionalHeader: {
        offset: file.optional,
        entryPoint: 0x1234,
        imageBase,
        sectionAlignment: 0x1000,
        fileAlignment: 0x200,
        sizeOfImage: 0x9000,
        sizeOfHeaders: 0x200,
        checkSum: 0xc0ffee,
        subsystem: 10,
      },
    });
    expect(pe.dataDirectories).toHaveLength(6);
    expect(Buffer.from(pe.sections[0]?.data ?? [])).toEqual(LINUX);
  });

  test("may have a name of 8 bytes, which then has no NUL", () => {
    expect(decoded(good.bytes).sections.map((section) => section.name)).toEqual([".linux", ".cmdline"]);
  });

  test("gives section data as views", () => {
    expect(decoded(good.bytes).sections[0]?.data.buffer).toBe(good.bytes.buffer);
  });

  test("finds names whole: .initrd is not .initrd2", () => {
    const file = buildPe([
      { name: ".initrd2", data: LINUX },
      { name: ".initrd", data: CMDLINE },
    ]);
    expect(peSection(decoded(file.bytes), ".initrd")?.index).toBe(1);
  });

  test.each([
    ["VirtualSize below the raw size", { virtualSize: 4 }, 4],
    ["VirtualSize above the raw size", { virtualSize: 5000, rawSize: 12 }, 12],
    ["VirtualSize 0", { virtualSize: 0 }, 0],
    ["raw size 0", { rawSize: 0, rawOffset: 0 }, 0],
    ["raw size 0 and an offset outside the file", { rawSize: 0, rawOffset: 0xffff_ffff }, 0],
  ])("takes the smaller size: %s", (_, sizes, length) => {
    const file = buildPe([{ name: ".linux", data: LINUX, ...sizes }]);
    expect(decoded(file.bytes).sections[0]?.data).toEqual(new Uint8Array(LINUX.subarray(0, length)));
  });

  test.each([97, 2000, 65535])("may have %i sections, and sections that overlap", (length) => {
    const section = { name: ".s", data: new Uint8Array(0), virtualSize: 4, rawSize: 4, rawOffset: 0x200 };
    const sections = Array.from({ length }, () => section);
    expect(decoded(buildPe(sections).bytes).sections).toHaveLength(length);
  });

  test("may end with certificates, which directory 4 finds by file offset", () => {
    const certificate = Buffer.from("signature");
    const file = buildPe([{ name: ".linux", data: LINUX }], { certificate });
    const offset = file.bytes.length - certificate.length;
    expect(decoded(file.bytes).certificates).toEqual({ offset, data: new Uint8Array(certificate) });
  });
});

describe("a hostile PE file", () => {
  const { bytes: file, pe, optional, table } = good;
  const size = file.length;
  const edit = (change: (view: DataView) => void) => edited(file, change);

  test("cut at any byte of its headers or used data", () => {
    const used = (good.dataOffsets[1] ?? 0) + CMDLINE.length;
    for (let length = 0; length < used; length++) {
      expect(failure(file.subarray(0, length)), `cut at ${length}`).not.toBe("ok");
    }
    expect(failure(file.subarray(0, used))).toBe("ok");
  });

  test("without MZ", () =>
    expect(failure(edit((v) => v.setUint8(0, 0)))).toEqual(["DOS header", 0, "no MZ magic"]));

  test.each([size - 3, size, 0x7fff_ffff, 0xffff_ffff])("with e_lfanew %i outside", (offset) => {
    const detail = `e_lfanew ${offset} in a file of ${size} bytes`;
    expect(failure(edit((v) => v.setUint32(0x3c, offset, true)))).toEqual(["DOS header", 0x3c, detail]);
  });

  test.each([0, 1, 63])("with e_lfanew %i inside the DOS header", (offset) =>
    expect(failure(edit((v) => v.setUint32(0x3c, offset, true)))).toEqual([
      "DOS header",
      0x3c,
      `e_lfanew ${offset} points into the DOS header`,
    ]),
  );

  test("with e_lfanew so late that the COFF header is cut", () => {
    const bytes = edited(file, (v, copy) => {
      v.setUint32(0x3c, size - 4, true);
      copy.set(Buffer.from("PE\0\0"), size - 4);
    });
    expect(failure(bytes)).toEqual(["COFF header", size + 2, "2 bytes wanted, 0 left"]);
  });

  test("without the PE signature", () =>
    expect(failure(edit((v) => v.setUint8(pe, 0x51)))).toEqual(["COFF header", pe, "no PE signature"]));

  test("with NumberOfSections 0", () =>
    expect(failure(edit((v) => v.setUint16(pe + 6, 0, true)))).toEqual([
      "COFF header",
      pe + 6,
      "NumberOfSections is 0",
    ]));

  test("with more section headers than the file holds", () => {
    const bytes = edit((v) => v.setUint16(pe + 6, 96, true)).subarray(0, table + 2 * 40 + 10);
    const cutData = edited(bytes, (v) => {
      for (const section of [0, 1]) v.setUint32(table + section * 40 + 8, 0, true);
    });
    expect(failure(cutData)).toEqual(["section header 2", table + 80 + 8, "4 bytes wanted, 2 left"]);
  });

  test.each([0, 0x107, 0x30b])("with optional header magic %i", (magic) =>
    expect(failure(edit((v) => v.setUint16(optional, magic, true)))).toEqual([
      "optional header",
      optional,
      `optional header magic 0x${magic.toString(16)}`,
    ]),
  );

  test.each([0, 1, 3, 68, 111])("with SizeOfOptionalHeader %i, too small for its fields", (length) => {
    const bytes = edit((v) => v.setUint16(pe + 20, length, true));
    expect(failure(bytes)).toMatchObject([
      "optional header",
      expect.any(Number),
      expect.stringMatching(/wanted/),
    ]);
  });

  test("with SizeOfOptionalHeader 65535", () => {
    const bytes = edit((v) => v.setUint16(pe + 20, 65535, true));
    expect(failure(bytes)).toMatchObject(["section header 0", size, expect.stringMatching(/wanted, 0 left/)]);
  });

  test.each([17, 0xffff_ffff])("with %i data directories", (count) =>
    expect(failure(edit((v) => v.setUint32(optional + 108, count, true)))).toEqual([
      "optional header",
      optional + 108,
      `NumberOfRvaAndSizes is ${count}`,
    ]),
  );

  test("with more data directories than the optional header holds", () =>
    expect(failure(edit((v) => v.setUint32(optional + 108, 7, true)))).toEqual([
      "optional header",
      optional + 112 + 6 * 8,
      "4 bytes wanted, 0 left",
    ]));

  test.each([0, 3, 0x1001, 0xffff_ffff])("with alignments of %i", (alignment) => {
    expect(failure(edit((v) => v.setUint32(optional + 0x20, alignment, true)))).toEqual([
      "optional header",
      optional + 0x20,
      `SectionAlignment ${alignment} is no power of two`,
    ]);
    expect(failure(edit((v) => v.setUint32(optional + 0x24, alignment, true)))).toEqual([
      "optional header",
      optional + 0x24,
      `FileAlignment ${alignment} is no power of two`,
    ]);
  });

  test.each([
    ["one byte past the end", size - 11, 12],
    ["at the end", size, 12],
    ["of 2 GiB less 1", 0x200, 0x7fff_ffff],
    ["of 4 GiB less 1", 0x200, 0xffff_ffff],
    ["whose end wraps in 32 bits", 0xffff_fff8, 16],
  ])("with a section %s", (_, rawOffset, length) => {
    const bytes = edit((v) => {
      v.setUint32(table + 0x08, length, true);
      v.setUint32(table + 0x10, length, true);
      v.setUint32(table + 0x14, rawOffset, true);
    });
    const detail = `${length} bytes of .linux at ${rawOffset} of a file of ${size}`;
    expect(failure(bytes)).toEqual(["section header 0", table + 0x14, detail]);
  });

  test.each([
    ["past the end", 0xffff_fff0, 8],
    ["longer than the file", 0x200, 0xffff_ffff],
    ["one byte too long", 0x200, size - 0x200 + 1],
  ])("with a certificate table %s", (_, offset, length) => {
    const bytes = edit((v) => {
      v.setUint32(optional + 112 + 4 * 8, offset, true);
      v.setUint32(optional + 112 + 4 * 8 + 4, length, true);
    });
    const left = Math.max(0, size - offset);
    expect(failure(bytes)).toEqual(["certificate table", offset, `${length} bytes wanted, ${left} left`]);
  });

  test("inside another file is reported at the outer file's offset", () =>
    expect(
      failure(
        edit((v) => v.setUint8(pe, 0x51)),
        4096,
      ),
    ).toEqual(["COFF header", 4096 + pe, "no PE signature"]));
});

describe("the PE decoder is total", () => {
  test("on arbitrary bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => void decodePe(bytes)));
  });

  test("on a good file with arbitrary bytes of its headers changed", () => {
    const change = fc.tuple(fc.nat(good.table + 80), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
        const bytes = Uint8Array.from(good.bytes);
        for (const [at, value] of changes) bytes[at] = value;
        void decodePe(bytes);
      }),
      { numRuns: 2000 },
    );
  });
});
