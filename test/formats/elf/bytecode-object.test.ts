import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBytecodeObject } from "#formats/elf/bytecode-object.ts";
import { encodeObject } from "#formats/elf/object.ts";
import { buildElf, symbolSections, type TestSymbol } from "../../support/elf-builder.ts";
import { expectValue } from "../../support/expect-value.ts";

const RODATA = Buffer.from("ABCD\0xyEFGH\0");
const DATA: TestSymbol = { name: "opts_data", section: 1, value: 0n, size: 5n };
const INSN: TestSymbol = { name: "opts_insn", section: 1, value: 7n, size: 5n };

function object(symbols: readonly TestSymbol[], options: Parameters<typeof buildElf>[1] = {}): Uint8Array {
  return buildElf(
    [{ name: ".rodata", data: RODATA }, ...symbolSections(symbols, 3, options.littleEndian)],
    options,
  ).bytes;
}

function failure(bytes: Uint8Array): unknown {
  const result = decodeBytecodeObject(bytes);
  return result.ok ? "ok" : [result.failure.format, result.failure.section, result.failure.detail];
}

describe("a good bytecode object", () => {
  test("gives both arrays without their NUL, from where st_value says in the section", () => {
    expect(decodeBytecodeObject(object([DATA, INSN]))).toEqual({
      ok: true,
      value: {
        machine: 183,
        data: new Uint8Array(Buffer.from("ABCD")),
        insns: new Uint8Array(Buffer.from("EFGH")),
      },
    });
  });

  test("may hold an array that is only its NUL", () => {
    const result = decodeBytecodeObject(object([{ ...DATA, value: 4n, size: 1n }, INSN]));
    expect(result).toMatchObject({ ok: true, value: { data: new Uint8Array(0) } });
  });

  test("is what encodeObject writes", () => {
    const bytes = encodeObject({
      machine: 62,
      symbols: [
        { name: "opts_data", bytes: Buffer.from("one\0") },
        { name: "opts_insn", bytes: Buffer.from("three\0") },
      ],
    });
    const result = expectValue(decodeBytecodeObject(bytes));
    expect(Buffer.from(result.data).toString()).toBe("one");
    expect(Buffer.from(result.insns).toString()).toBe("three");
  });
});

describe("a hostile bytecode object", () => {
  const inTable = (detail: string) => ["bytecode object", "symbol table", detail];

  test("without a symbol table", () => {
    const { bytes } = buildElf([{ name: ".rodata", data: RODATA }]);
    expect(failure(bytes)).toEqual(["bytecode object", "file", "no symbol opts_data"]);
  });

  test("without opts_insn", () => expect(failure(object([DATA]))).toEqual(inTable("no symbol opts_insn")));

  test("with names that only begin right", () => {
    const close = [
      { ...DATA, name: "opts_data2" },
      { ...DATA, name: "opts_dat" },
    ];
    expect(failure(object([...close, INSN]))).toEqual(inTable("no symbol opts_data"));
  });

  test("with opts_data twice", () =>
    expect(failure(object([DATA, DATA, INSN]))).toEqual(inTable("symbol opts_data twice")));

  test("with a symbol of size 0", () =>
    expect(failure(object([DATA, { ...INSN, size: 0n }]))).toEqual(inTable("symbol opts_insn has size 0")));

  test.each([0, 0xfff1, 0xfff2, 77])("with a symbol in section %i, which is none", (section) =>
    expect(failure(object([{ ...DATA, section }, INSN]))).toEqual(
      inTable(`symbol opts_data is in no section (${section})`),
    ),
  );

  test.each([
    ["one byte past its section", 8n, 5n],
    ["at the end of its section", 12n, 1n],
    ["of size INT_MAX", 0n, 0x7fff_ffffn],
    ["of size UINT_MAX", 0n, 0xffff_ffffn],
    ["whose end wraps in 32 bits", 0xffff_fffen, 4n],
    ["whose end wraps in 64 bits", 2n ** 64n - 2n, 4n],
    ["of size 2^64 - 1", 1n, 2n ** 64n - 1n],
  ])("with a symbol %s", (_, value, size) =>
    expect(failure(object([DATA, { ...INSN, value, size }]))).toEqual(
      inTable(`symbol opts_insn: ${size} bytes at ${value} of .rodata (12 bytes)`),
    ),
  );

  test("with a symbol in .bss, which has no bytes", () => {
    const sections = [{ name: ".bss", type: 8, size: 100n }, ...symbolSections([DATA, INSN], 3)];
    expect(failure(buildElf(sections).bytes)).toEqual(
      inTable("symbol opts_data: 5 bytes at 0 of .bss (0 bytes)"),
    );
  });

  test("that is linked already", () =>
    expect(failure(object([DATA, INSN], { type: 2 }))).toEqual([
      "bytecode object",
      "file header",
      "e_type 2, must be ET_REL",
    ]));

  test("that is big-endian", () =>
    expect(failure(object([DATA, INSN], { littleEndian: false }))).toEqual([
      "bytecode object",
      "file header",
      "big-endian",
    ]));

  test("names the symbol's record as the place", () => {
    const bytes = object([DATA, { ...INSN, size: 0n }]);
    const result = decodeBytecodeObject(bytes, { base: 5000 });
    // .rodata takes 64 to 76; the symbol table begins at 80.
    expect(result).toMatchObject({ ok: false, failure: { offset: 5000 + 80 + 2 * 24 } });
  });
});

test("the bytecode object decoder is total on a good file with arbitrary bytes changed", () => {
  const file = object([DATA, INSN]);
  const change = fc.tuple(fc.nat(file.length - 1), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
      const bytes = Uint8Array.from(file);
      for (const [at, value] of changes) bytes[at] = value;
      void decodeBytecodeObject(bytes);
    }),
    { numRuns: 2000 },
  );
});
