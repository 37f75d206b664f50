import fc from "fast-check";
import { expect, it, describe as suite } from "vitest";
import type { Btf } from "#formats/btf/btf.ts";
import { decodeBtf } from "#formats/btf/decode.ts";
import { decodeBtfExt } from "#formats/btf/ext.ts";
import type { BtfExt } from "#formats/btf/ext-types.ts";
import { decodeElf } from "#formats/elf/elf-file.ts";
import { BtfBuilder } from "../../support/btf-builder.ts";
import { expectFailure, expectValue } from "../../support/expect-value.ts";
import { CLANGS, compile } from "./clang.ts";
import { opened } from "./samples.ts";

type Words = readonly number[];

/** A `.BTF.ext` of 32-bit words, written from the kernel's btf.rst; any word of the header can be overridden. */
function built(
  tables: { readonly functions?: Words; readonly lines?: Words; readonly relocations?: Words },
  header: { readonly [at: number]: number } = {},
  littleEndian = true,
): Uint8Array {
  const { functions = [], lines = [], relocations = [] } = tables;
  const length = header[4] ?? 32;
  const starts = [0, 4 * functions.length, 4 * (functions.length + lines.length)];
  const sizes = [functions, lines, relocations].map((words) => 4 * words.length);
  const words = [length, ...starts.flatMap((start, i) => [start, sizes[i] ?? 0])];
  const body = [...functions, ...lines, ...relocations];
  const bytes = new Uint8Array(Math.max(32, length) + 4 * body.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0xeb9f, littleEndian);
  view.setUint16(2, 1, true);
  words.forEach((word, i) => {
    view.setUint32(4 + 4 * i, word, littleEndian);
  });
  body.forEach((word, i) => {
    view.setUint32(Math.max(32, length) + 4 * i, word, littleEndian);
  });
  for (const [at, value] of Object.entries(header)) view.setUint32(Number(at), value, littleEndian);
  return bytes;
}

/** Strings and types for the tables: `f` is a func, `s` a struct. */
function example(littleEndian = true) {
  const b = new BtfBuilder({ littleEndian });
  const at = {
    section: b.string("fentry.s/anchor"),
    text: b.string(".text"),
    file: b.string("/src/parser.c"),
    line: b.string("  return 0;"),
    access: b.string("0:3:0"),
    word: b.string("0:x"),
  };
  const int = b.int("int", 4);
  const f = b.func("f", b.proto(int, []));
  const s = b.struct("s", 4, [{ name: "a", type: int, at: 0 }]);
  return { at, int, f, s, btf: opened(b.build()) };
}

function failureOf(
  bytes: Uint8Array,
  btf: Btf,
  offset = 0,
): { section: string; offset: number; detail: string } {
  const result = expectFailure(decodeBtfExt(bytes, btf, { offset }));
  expect(result.reason).toBe("malformed");
  return result;
}

suite("decodeBtfExt", () => {
  it.each([true, false])("reads every field of the three tables (little-endian: %s)", (littleEndian) => {
    const { at, f, s, btf } = example(littleEndian);
    const bytes = built(
      {
        functions: [8, at.section, 2, 0, f, 4096, f, at.text, 1, 8, f],
        lines: [16, at.section, 1, 16, at.file, at.line, 438 * 1024 + 77],
        relocations: [16, at.section, 2, 8, s, at.access, 0, 24, s, at.access, 12],
      },
      {},
      littleEndian,
    );
    expect(decodeBtfExt(bytes, btf)).toEqual({
      ok: true,
      value: {
        functions: [
          {
            section: "fentry.s/anchor",
            records: [
              { offset: 0, type: f },
              { offset: 4096, type: f },
            ],
          },
          { section: ".text", records: [{ offset: 8, type: f }] },
        ],
        lines: [
          {
            section: "fentry.s/anchor",
            records: [{ offset: 16, file: "/src/parser.c", text: "  return 0;", line: 438, column: 77 }],
          },
        ],
        relocations: [
          {
            section: "fentry.s/anchor",
            records: [
              { offset: 8, type: s, access: "0:3:0", kind: "field-byte-offset" },
              { offset: 24, type: s, access: "0:3:0", kind: "type-matches" },
            ],
          },
        ],
      },
    });
  });

  it("takes a header of 24 bytes, which has no relocations", () => {
    const { at, f, btf } = example();
    const bytes = built({ functions: [8, at.text, 1, 0, f] });
    const short = new Uint8Array([...bytes.subarray(0, 24), ...bytes.subarray(32)]);
    new DataView(short.buffer).setUint32(4, 24, true);
    const functions = [{ section: ".text", records: [{ offset: 0, type: f }] }];
    expect(decodeBtfExt(short, btf)).toEqual({ ok: true, value: { functions, lines: [], relocations: [] } });
  });

  it("takes longer headers and records whose further bytes are zero", () => {
    const { at, f, btf } = example();
    const functions = [12, at.text, 1, 8, f, 0];
    const result = decodeBtfExt(built({ functions }, { 4: 40 }), btf);
    expect(result.ok && result.value.functions).toEqual([
      { section: ".text", records: [{ offset: 8, type: f }] },
    ]);
  });

  it("takes the largest line and column", () => {
    const { at, btf } = example();
    const result = decodeBtfExt(built({ lines: [16, at.text, 1, 0, at.file, 0, 0xffffffff] }), btf);
    expect(result.ok && result.value.lines[0]?.records).toEqual([
      { offset: 0, file: "/src/parser.c", text: "", line: 2 ** 22 - 1, column: 1023 },
    ]);
  });

  const { at, int, f, s, btf } = example();
  const functions = [8, at.text, 1, 0, f];
  const MAX = 0xffffffff;
  it.each<[string, Uint8Array, number, string]>([
    ["another magic", built({}, { 0: 0x0001eb9e }), 0, "magic"],
    ["version 2", built({}, { 0: 0x0002eb9f }), 2, "version 2"],
    ["flags", built({}, { 0: 0x0101eb9f }), 3, "flags 0x1"],
    ["a header of 20 bytes", built({}, { 4: 20 }), 4, "the least is 24"],
    ["a header of 34 bytes", built({ functions }, { 4: 34 }), 4, "multiple of 4"],
    ["a header longer than the file", built({}).subarray(0, 28), 4, "in a file of 28"],
    ["an unknown header field", built({}, { 4: 36, 32: 1 }), 32, "does not know"],
    ["a table behind the file", built({ functions }, { 8: 8 }), 8, "leaves the file"],
    ["a table that wraps", built({ functions }, { 8: MAX }), 8, "leaves the file"],
    ["a table longer than the file", built({ functions }, { 12: 24 }), 8, "leaves the file"],
    ["a table at an odd place", built({ functions }, { 8: 2, 12: 16 }), 8, "not aligned"],
    ["a table of three bytes", built({ functions }, { 12: 3 }), 32, "4 bytes wanted, 3 left"],
    ["records of 4 bytes", built({ functions: [4, ...functions.slice(1)] }), 32, "records of 4 bytes"],
    ["records of 10 bytes", built({ functions: [10, ...functions.slice(1)] }), 32, "records of 10 bytes"],
    ["line records as short as functions'", built({ lines: functions }), 32, "from 16 on"],
    [
      "records of 4 GiB",
      built({ functions: [MAX - 3, ...functions.slice(1)] }),
      40,
      "1 records of 4294967292",
    ],
    ["a section name outside", built({ functions: [8, MAX, 1, 0, f] }), 36, "string offset 4294967295"],
    ["a section name cut off", built({ functions: [8, at.text] }), 40, "4 bytes wanted"],
    ["a section without records", built({ functions: [8, at.text, 0] }), 40, "without records"],
    ["more records than bytes", built({ functions: [8, at.text, 2, 0, f] }), 40, "2 records of 8 bytes, 8"],
    ["a hostile count", built({ functions: [8, at.text, MAX, 0, f] }), 40, "4294967295 records"],
    ["a record's unknown field", built({ functions: [12, at.text, 1, 0, f, 1] }), 52, "does not know"],
    ["half an instruction", built({ functions: [8, at.text, 1, 4, f] }), 44, "middle of an instruction"],
    ["a function of no type", built({ functions: [8, at.text, 1, 0, s + 1] }), 48, "the last type is"],
    ["a function that is an int", built({ functions: [8, at.text, 1, 0, int] }), 48, "is no func but a int"],
    ["a function that is void", built({ functions: [8, at.text, 1, 0, 0] }), 48, "is no func but a void"],
    ["a file name outside", built({ lines: [16, at.text, 1, 0, btf.stringEnd, 0, 0] }), 48, "string offset"],
    ["a line outside", built({ lines: [16, at.text, 1, 0, 0, MAX, 0] }), 52, "string offset"],
    [
      "words for indices",
      built({ relocations: [16, at.text, 1, 0, s, at.word, 0] }),
      52,
      "no list of indices",
    ],
    ["no indices", built({ relocations: [16, at.text, 1, 0, s, 0, 0] }), 52, "no list of indices"],
    [
      "relocation 13",
      built({ relocations: [16, at.text, 1, 0, s, at.access, 13] }),
      56,
      "kind 13 is not known",
    ],
    ["an unknown type", built({ relocations: [16, at.text, 1, 0, MAX, at.access, 0] }), 48, "type id"],
  ])("refuses %s", (_, bytes, offset, detail) => {
    expect(failureOf(bytes, btf)).toMatchObject({ offset, detail: expect.stringContaining(detail) });
    expect(failureOf(bytes, btf, 1000).offset).toBe(1000 + offset);
  });

  it("refuses bytes in another order than the BTF's", () => {
    expect(failureOf(built({ functions }, {}, false), btf)).toMatchObject({ offset: 0 });
  });

  it("refuses a good file cut at any byte", () => {
    const lines = [16, at.text, 1, 16, at.file, at.line, 1024];
    const bytes = built({ functions, lines, relocations: [16, at.text, 1, 0, s, at.access, 1] });
    expect(decodeBtfExt(bytes, btf).ok).toBe(true);
    for (let length = 0; length < bytes.length; length++) {
      expect([length, decodeBtfExt(bytes.subarray(0, length), btf).ok]).toEqual([length, false]);
    }
  });

  it("is total: arbitrary words in every field", () => {
    const word = fc.oneof(fc.nat({ max: 64 }), fc.integer({ min: 0, max: MAX }));
    const good = built({ functions, lines: [16, at.text, 1, 16, at.file, at.line, 1024] });
    const change = fc.tuple(fc.nat({ max: good.length / 4 - 1 }), word);
    fc.assert(
      fc.property(fc.array(change, { maxLength: 4 }), fc.nat({ max: good.length }), (changes, length) => {
        const bytes = good.slice();
        for (const [index, value] of changes) new DataView(bytes.buffer).setUint32(4 * index, value, true);
        expect(typeof decodeBtfExt(bytes.subarray(0, length), btf).ok).toBe("boolean");
        expect(typeof decodeBtfExt(bytes, btf).ok).toBe("boolean");
      }),
      { numRuns: 3000, seed: 1 },
    );
  });
});

const SOURCE = `struct inner { int a; int list[4]; } __attribute__((preserve_access_index));
struct outer { long first; struct inner in; } __attribute__((preserve_access_index));
__attribute__((section("one"))) int first(struct outer *o) {
  return o->in.list[2];
}
__attribute__((section("two"))) int second(struct inner *i) {
  if (i->a > 3)
    return 1;
  return __builtin_preserve_field_info(i->a, 2);
}
__attribute__((section("two"))) int third(int *p) { return *p; }
`;

suite.skipIf(CLANGS.length === 0)("the .BTF.ext of clang (skipped where no clang is in PATH)", () => {
  for (const clang of CLANGS) {
    it.each(["bpf", "bpfeb"])(`agrees with the source and the symbols (${clang}, %s)`, (target) => {
      const elf = expectValue(decodeElf(compile(clang, { "main.c": SOURCE }, "-target", target)));
      const data = (name: string): Uint8Array =>
        elf.sections.find((section) => section.name === name)?.data ?? new Uint8Array(0);
      const btf = expectValue(decodeBtf(data(".BTF")));
      expect(btf.littleEndian).toBe(target === "bpf");
      const ext = expectValue(decodeBtfExt(data(".BTF.ext"), btf));
      checkAgainstSource(ext, btf, (name) => data(name).length);
    });
  }
});

function checkAgainstSource(ext: BtfExt, btf: Btf, sizeOf: (section: string) => number): void {
  const functions = ext.functions.map(({ section, records }) => [
    section,
    records.map(({ offset, type }) => `${offset > 0 ? "later " : ""}${btf.name(type)}`),
  ]);
  expect(functions).toEqual([
    ["one", ["first"]],
    ["two", ["second", "later third"]],
  ]);
  const source = SOURCE.split("\n");
  const lines = ext.lines.flatMap(({ records }) => records);
  for (const { text, line, file } of lines) {
    expect(file).toMatch(/main\.c$/);
    // Line 0 stands for code that the compiler made.
    if (line > 0) expect(text).toBe(source[line - 1]);
  }
  const seen = new Set(lines.map(({ line }) => line));
  expect([4, 7, 11].filter((line) => !seen.has(line))).toEqual([]);
  const relocations = ext.relocations.flatMap(({ section, records }) =>
    records.map(({ type, access, kind }) => `${section} ${btf.name(type)} ${access} ${kind}`),
  );
  expect(relocations.sort()).toEqual([
    "one outer 0:1:1:2 field-byte-offset",
    "two inner 0:0 field-byte-offset",
    "two inner 0:0 field-exists",
  ]);
  for (const { section, records } of [...ext.functions, ...ext.lines, ...ext.relocations]) {
    for (const { offset } of records as readonly { readonly offset: number }[]) {
      expect(offset).toBeLessThan(sizeOf(section));
    }
  }
}
