import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeElf, type ElfFile } from "#formats/elf/elf-file.ts";
import { buildElf, edited, symbolSections } from "../../support/elf-builder.ts";
import { expectValue } from "../../support/expect-value.ts";
import { processorTime } from "../../support/until.ts";

const ALPHA = Uint8Array.of(1, 2, 3, 4, 5);
const BETA = Uint8Array.of(9, 8, 7);
const good = buildElf([
  { name: ".alpha", data: ALPHA, flags: 2 },
  { name: ".beta", data: BETA },
]);

function decoded(bytes: Uint8Array): ElfFile {
  return expectValue(decodeElf(bytes));
}

/** The failure's place and words; `ok` where there was none. */
function failure(bytes: Uint8Array, base = 0): unknown {
  const result = decodeElf(bytes, { base });
  return result.ok ? "ok" : [result.failure.section, result.failure.offset, result.failure.detail];
}

describe("a good ELF64 file", () => {
  test.each([true, false])("is decoded whole (little-endian: %s)", (littleEndian) => {
    const { bytes } = buildElf([{ name: ".alpha", data: ALPHA, flags: 2 }], { littleEndian });
    const elf = decoded(bytes);
    expect(elf.header).toMatchObject({
      littleEndian,
      type: 1,
      machine: 183,
      entry: 0xffff_8000_0000_0000n,
      sectionCount: 3,
      sectionNamesIndex: 2,
    });
    expect(elf.sections.map((section) => section.name)).toEqual(["", ".alpha", ".shstrtab"]);
    expect(elf.section(".alpha")).toMatchObject({ index: 1, type: 1, flags: 2n, size: 5 });
  });

  test("gives section data as views", () => {
    const elf = decoded(good.bytes);
    const data = expectValue(elf.sectionData(".beta"));
    expect(data).toEqual(BETA);
    expect(data.buffer).toBe(good.bytes.buffer);
  });

  test("finds names whole: .initrd is neither .initrd2 nor .init", () => {
    const { bytes } = buildElf([
      { name: ".initrd2", data: ALPHA },
      { name: ".init", data: ALPHA },
      { name: ".initrd", data: BETA },
    ]);
    expect(decoded(bytes).section(".initrd")?.index).toBe(3);
  });

  test("keeps duplicates, and the first one answers to the name", () => {
    const elf = decoded(
      buildElf([
        { name: ".a", data: ALPHA },
        { name: ".a", data: BETA },
      ]).bytes,
    );
    expect(elf.section(".a")?.data).toEqual(ALPHA);
    expect(elf.sectionsNamed(".a").map((section) => section.index)).toEqual([1, 2]);
  });

  test("may have sections that overlap", () => {
    const { bytes } = buildElf([
      { name: ".a", data: ALPHA },
      { name: ".b", data: BETA, offset: 64n, size: 5n },
    ]);
    expect(decoded(bytes).section(".b")?.data).toEqual(ALPHA);
  });

  test("may have a name whose NUL is the last byte of the name table", () => {
    expect(decoded(good.bytes).sections.at(-1)?.name).toBe(".shstrtab");
  });

  test("has no bytes for SHT_NOBITS, however large it claims to be", () => {
    const { bytes } = buildElf([{ name: ".bss", type: 8, offset: 0xffff_ffffn, size: 1n << 62n }]);
    const elf = decoded(bytes);
    expect(elf.section(".bss")?.data.length).toBe(0);
    expect(elf.sectionData(".bss")).toMatchObject({
      ok: false,
      failure: { detail: "section .bss has no bytes in the file" },
    });
  });

  test("answers for a section that is not there with a failure that names the table", () => {
    expect(decoded(good.bytes).sectionData(".gamma")).toEqual({
      ok: false,
      failure: {
        reason: "malformed",
        format: "ELF",
        section: "section header table",
        offset: good.shoff,
        detail: "no section .gamma",
      },
    });
  });

  test("may have no sections at all", () => {
    const bytes = edited(good.bytes.subarray(0, 64), (view) => {
      view.setBigUint64(0x28, 0n, true);
      view.setUint16(0x3c, 0, true);
      view.setUint16(0x3e, 0, true);
    });
    expect(decoded(bytes).sections).toEqual([]);
  });

  test("may be without section names (e_shstrndx 0)", () => {
    const bytes = edited(good.bytes, (view) => view.setUint16(0x3e, 0, true));
    expect(decoded(bytes).sections.map((section) => section.name)).toEqual(["", "", "", ""]);
  });

  test("may count its sections, names and program headers in section header 0", () => {
    const file = buildElf([{ name: ".alpha", data: ALPHA }], {
      programs: [{ type: 1, offset: 64n, filesz: 5n }],
    });
    const bytes = edited(file.bytes, (view) => {
      view.setUint16(0x3c, 0, true);
      view.setUint16(0x3e, 0xffff, true);
      view.setUint16(0x38, 0xffff, true);
      view.setBigUint64(file.shoff + 0x20, 3n, true);
      view.setUint32(file.shoff + 0x28, 2, true);
      view.setUint32(file.shoff + 0x2c, 1, true);
    });
    const elf = decoded(bytes);
    expect(elf.sections.map((section) => section.name)).toEqual(["", ".alpha", ".shstrtab"]);
    expect(elf.programHeaders.map((program) => program.data)).toEqual([ALPHA]);
  });

  test("has symbols, found by their whole name", () => {
    const symbols = symbolSections(
      [
        { name: "opts_data2", section: 1, value: 0n, size: 1n },
        { name: "opts_data", section: 1, value: 2n, size: 3n },
      ],
      3,
    );
    const elf = decoded(buildElf([{ name: ".rodata", data: ALPHA }, ...symbols]).bytes);
    const all = expectValue(elf.symbols());
    expect(all.map((symbol) => symbol.name)).toEqual(["", "opts_data2", "opts_data"]);
    expect(elf.symbolsNamed("opts_data")).toEqual({
      ok: true,
      value: [
        {
          index: 2,
          name: "opts_data",
          binding: 1,
          type: 1,
          visibility: 0,
          sectionIndex: 1,
          value: 2n,
          size: 3n,
        },
      ],
    });
    expect(elf.symbolsNamed("opts")).toEqual({ ok: true, value: [] });
  });

  test("may number a symbol's section in SHT_SYMTAB_SHNDX", () => {
    const symbols = symbolSections([{ name: "far", section: 0xffff, value: 0n, size: 1n }], 3);
    const indices = Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0);
    const extra = { name: ".symtab_shndx", type: 18, data: indices, link: 2 };
    const elf = decoded(buildElf([{ name: ".rodata", data: ALPHA }, ...symbols, extra]).bytes);
    expect(elf.symbolsNamed("far")).toMatchObject({ ok: true, value: [{ sectionIndex: 1 }] });
    const without = decoded(buildElf([{ name: ".rodata", data: ALPHA }, ...symbols]).bytes);
    expect(without.symbolsNamed("far")).toMatchObject({
      ok: false,
      failure: { section: "symbol table .symtab", detail: "symbol 1 needs a SHT_SYMTAB_SHNDX section" },
    });
  });

  test("is decoded without its data being touched: a 256 MiB section costs no time", () => {
    const huge = new Uint8Array(256 * 1024 * 1024);
    const small = buildElf([{ name: ".huge", offset: 64n, size: BigInt(huge.length - 64) }]);
    huge.set(small.bytes);
    // The least of three: other threads of this process have work at times.
    const times = [1, 2, 3].map(() =>
      processorTime(() => expect(decoded(huge).section(".huge")?.size).toBe(huge.length - 64)),
    );
    expect(Math.min(...times)).toBeLessThan(50);
  });
});

describe("a hostile ELF file", () => {
  const edit = (change: (view: DataView) => void) => edited(good.bytes, change);
  const size = good.bytes.length;

  test("cut at any byte", () => {
    for (let length = 0; length < size; length++) {
      expect(failure(good.bytes.subarray(0, length)), `cut at ${length}`).not.toBe("ok");
    }
  });

  test("without the magic", () => {
    expect(failure(edit((v) => v.setUint8(0, 0x7e)))).toEqual(["file header", 0, "no ELF magic"]);
  });

  test("of class ELF32", () => {
    expect(failure(edit((v) => v.setUint8(4, 1)))).toEqual(["file header", 4, "ELF32; only ELF64 is read"]);
  });

  test("of no known class, byte order or version", () => {
    expect(failure(edit((v) => v.setUint8(4, 3)))).toEqual(["file header", 4, "unknown class 3"]);
    expect(failure(edit((v) => v.setUint8(5, 0)))).toEqual(["file header", 5, "unknown byte order 0"]);
    expect(failure(edit((v) => v.setUint8(6, 2)))).toEqual(["file header", 6, "unknown version 2"]);
    expect(failure(edit((v) => v.setUint32(0x14, 2, true)))).toEqual(["file header", 0x14, "e_version 2"]);
  });

  test("that says big-endian of little-endian content", () => {
    expect(failure(edit((v) => v.setUint8(5, 2)))).toEqual(["file header", 0x14, "e_version 16777216"]);
  });

  test.each([0, 40, 63, 65, 128, 0xffff])("with e_shentsize %i", (entry) => {
    expect(failure(edit((v) => v.setUint16(0x3a, entry, true)))).toEqual([
      "file header",
      0x3a,
      `e_shentsize ${entry}, must be 64`,
    ]);
  });

  test.each([
    ["just past the last place for a header", BigInt(size - 63)],
    ["at the end of the file", BigInt(size)],
    ["at INT_MAX", 0x7fff_ffffn],
    ["at UINT_MAX", 0xffff_ffffn],
    ["at 2^53 - 1", BigInt(Number.MAX_SAFE_INTEGER)],
  ])("with e_shoff %s", (_, offset) => {
    expect(failure(edit((v) => v.setBigUint64(0x28, offset, true)))).toEqual([
      "file header",
      0x28,
      `e_shoff ${offset} leaves no section header in ${size} bytes`,
    ]);
  });

  test("with an e_shoff that wraps in 64 bits", () => {
    expect(failure(edit((v) => v.setBigUint64(0x28, 2n ** 64n - 64n, true)))).toEqual([
      "file header",
      0x28,
      "0xffffffffffffffc0 is no possible offset or size",
    ]);
  });

  test.each([5, 0xffff])("with e_shnum %i, more than there is room for", (count) => {
    const detail = `${count} section headers at ${good.shoff}, room for 4`;
    expect(failure(edit((v) => v.setUint16(0x3c, count, true)))).toEqual(["file header", 0x3c, detail]);
  });

  test("with an extended number of sections that multiplies past 2^64", () => {
    const bytes = edit((v) => {
      v.setUint16(0x3c, 0, true);
      v.setBigUint64(good.shoff + 0x20, 2n ** 52n, true);
    });
    expect(failure(bytes)).toEqual([
      "file header",
      0x3c,
      `${2 ** 52} section headers at ${good.shoff}, room for 4`,
    ]);
  });

  test("with an extended number of sections of 0, and so an index of names out of range", () => {
    const bytes = edit((v) => v.setUint16(0x3c, 0, true));
    expect(failure(bytes)).toEqual(["file header", 0x3e, "e_shstrndx 3 of 0 sections"]);
  });

  test.each([4, 0xfeff])("with e_shstrndx %i out of range", (index) => {
    expect(failure(edit((v) => v.setUint16(0x3e, index, true)))).toEqual([
      "file header",
      0x3e,
      `e_shstrndx ${index} of 4 sections`,
    ]);
  });

  test("with an e_shstrndx that is no string table", () => {
    expect(failure(edit((v) => v.setUint16(0x3e, 1, true)))).toEqual([
      "file header",
      0x3e,
      "e_shstrndx 1 is no string table",
    ]);
  });

  test("with counts but no section header table", () => {
    expect(failure(edit((v) => v.setBigUint64(0x28, 0n, true)))).toEqual([
      "file header",
      0x3c,
      "e_shnum 4 without a section header table",
    ]);
  });

  test.each([
    ["offset plus size one past the end", BigInt(size - 4), 5n],
    ["an offset at the end and one byte", BigInt(size), 1n],
    ["size INT_MAX", 64n, 0x7fff_ffffn],
    ["size UINT_MAX", 64n, 0xffff_ffffn],
    ["a sum that wraps in 32 bits", 0xffff_fff0n, 0x20n],
  ])("with a section of %s", (_, offset, length) => {
    const { bytes, shoff } = buildElf([
      { name: ".alpha", data: ALPHA, offset, size: length },
      { name: ".beta", data: BETA },
    ]);
    expect(failure(bytes)).toEqual([
      "section header 1",
      shoff + 64 + 0x18,
      `${length} bytes at ${offset} of a file of ${bytes.length}`,
    ]);
  });

  test("with a section whose offset and size wrap in 64 bits", () => {
    const { bytes, shoff } = buildElf([{ name: ".alpha", data: ALPHA, offset: 2n ** 64n - 8n, size: 16n }]);
    expect(failure(bytes)).toEqual([
      "section header 1",
      shoff + 64 + 0x18,
      "0xfffffffffffffff8 is no possible offset or size",
    ]);
  });

  test.each([0n, 1n, 3n])("with a section of %i bytes at the very end is no fault", (length) => {
    const file = buildElf([{ name: ".alpha", data: ALPHA }]);
    const bytes = edited(file.bytes, (v) => {
      v.setBigUint64(file.shoff + 64 + 0x18, BigInt(file.bytes.length) - length, true);
      v.setBigUint64(file.shoff + 64 + 0x20, length, true);
    });
    expect(failure(bytes)).toBe("ok");
  });

  test("with a name outside the name table", () => {
    const bytes = edit((v) => v.setUint32(good.shoff + 64, 0xffff_ffff, true));
    const table = good.offsets[3] ?? 0;
    const length = "\0.alpha\0.beta\0.shstrtab\0".length;
    expect(failure(bytes)).toEqual([
      "section name table",
      table + 0xffff_ffff,
      `name offset 4294967295 in a table of ${length} bytes`,
    ]);
  });

  test("with a name exactly at the end of the name table", () => {
    const length = "\0.alpha\0.beta\0.shstrtab\0".length;
    const bytes = edit((v) => v.setUint32(good.shoff + 64, length, true));
    expect(failure(bytes)).toMatchObject([
      "section name table",
      (good.offsets[3] ?? 0) + length,
      expect.any(String),
    ]);
  });

  test("with an unterminated name table", () => {
    const file = buildElf([{ name: ".alpha", data: ALPHA }], {
      shstrtab: Buffer.from("\0.alpha\0.shstrtab!"),
    });
    expect(failure(file.bytes)).toEqual([
      "section name table",
      (file.offsets[2] ?? 0) + 17,
      "string table does not end with a NUL",
    ]);
  });

  test("with a name longer than any name", () => {
    const file = buildElf([{ name: ".alpha", data: ALPHA }], {
      shstrtab: Buffer.from(`\0${"x".repeat(5000)}\0`),
    });
    expect(failure(file.bytes)).toEqual([
      "section name table",
      (file.offsets[2] ?? 0) + 1,
      "name longer than 4096 bytes",
    ]);
  });

  test("with a wrong e_phentsize, or a segment outside the file", () => {
    const file = buildElf([], { programs: [{ type: 1, offset: 0n, filesz: 0xffff_ffffn }] });
    const phoff = file.shoff + 2 * 64;
    expect(failure(file.bytes)).toEqual([
      "program header 0",
      phoff + 8,
      `4294967295 bytes at 0 of a file of ${file.bytes.length}`,
    ]);
    const small = edited(file.bytes, (v) => v.setUint16(0x36, 32, true));
    expect(failure(small)).toEqual(["file header", 0x36, "e_phentsize 32, must be 56"]);
    const many = edited(file.bytes, (v) => v.setUint16(0x38, 2, true));
    expect(failure(many)).toEqual(["file header", 0x20, `2 program headers at ${phoff}, room for 1`]);
    const outside = edited(file.bytes, (v) => v.setBigUint64(0x20, 0xffff_ffffn, true));
    expect(failure(outside)).toEqual(["file header", 0x20, "1 program headers at 4294967295, room for 0"]);
  });

  test("inside another file is reported at the outer file's offset", () => {
    expect(
      failure(
        edit((v) => v.setUint8(4, 1)),
        1000,
      ),
    ).toEqual(["file header", 1004, "ELF32; only ELF64 is read"]);
  });

  test("with a broken symbol table", () => {
    const base = { name: ".rodata", data: ALPHA };
    const [symtab, strtab] = symbolSections([{ name: "a", section: 1, value: 0n, size: 1n }], 3);
    if (symtab === undefined || strtab === undefined) throw new Error("two sections");
    const symbols = (...sections: Parameters<typeof buildElf>[0]) => {
      const result = decoded(buildElf([base, ...sections]).bytes).symbols();
      return result.ok ? "ok" : result.failure.detail;
    };
    expect(symbols(symtab, strtab)).toBe("ok");
    expect(symbols({ ...symtab, entsize: 16 }, strtab)).toBe("sh_entsize 16");
    expect(symbols({ ...symtab, size: 47n }, strtab)).toBe("47 bytes are no whole number of symbols");
    expect(symbols({ ...symtab, link: 99 }, strtab)).toBe("sh_link 99 is no string table");
    expect(symbols({ ...symtab, link: 1 }, strtab)).toBe("sh_link 1 is no string table");
    expect(symbols(symtab, { ...strtab, data: Buffer.from("\0a") })).toBe(
      "string table does not end with a NUL",
    );
    expect(symbols(symtab, { ...strtab, data: Buffer.from("\0") })).toBe(
      "name offset 1 in a table of 1 bytes",
    );
  });
});

describe("the decoder is total", () => {
  test("on arbitrary bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => void decodeElf(bytes)));
  });

  test("on a good file with arbitrary bytes changed", () => {
    const file = buildElf(
      [
        { name: ".rodata", data: ALPHA },
        ...symbolSections([{ name: "a", section: 1, value: 0n, size: 1n }], 3),
      ],
      { programs: [{ type: 1, offset: 64n, filesz: 5n }] },
    ).bytes;
    const change = fc.tuple(fc.nat(file.length - 1), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
        const bytes = Uint8Array.from(file);
        for (const [at, value] of changes) bytes[at] = value;
        const elf = decodeElf(bytes);
        if (elf.ok) void elf.value.symbols();
      }),
      { numRuns: 2000 },
    );
  });
});
