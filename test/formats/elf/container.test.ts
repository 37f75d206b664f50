import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeContainer, encodeContainer } from "#formats/elf/container.ts";
import { buildElf, type TestSection } from "../../support/elf-builder.ts";

const ONE = Uint8Array.of(1, 1, 1);
const program = (digit: number | string): TestSection => ({ name: `.bpf.${digit}`, data: ONE });

function container(...sections: TestSection[]): Uint8Array {
  return buildElf(sections).bytes;
}

function nested(depth: number): Uint8Array {
  return depth === 1
    ? container(program(1))
    : container(program(1), { name: ".bpf.nested", data: nested(depth - 1) });
}

function failure(bytes: Uint8Array): unknown {
  const result = decodeContainer(bytes);
  return result.ok
    ? "ok"
    : [result.failure.format, result.failure.section, result.failure.offset, result.failure.detail];
}

describe("a good container", () => {
  test("gives its programs in the order of their digits", () => {
    const file = buildElf([
      { name: ".bpf.2", data: Uint8Array.of(2) },
      { name: ".bpf.1", data: ONE },
    ]);
    expect(decodeContainer(file.bytes)).toEqual({
      ok: true,
      value: {
        machine: 183,
        programs: [
          { name: ".bpf.1", data: ONE, offset: file.offsets[2] },
          { name: ".bpf.2", data: Uint8Array.of(2), offset: file.offsets[1] },
        ],
      },
    });
  });

  test("may hold eight programs, and containers four deep", () => {
    expect(failure(container(...[1, 2, 3, 4, 5, 6, 7, 8].map(program)))).toBe("ok");
    expect(failure(nested(4))).toBe("ok");
  });

  test("may be followed by a signature", () => {
    const signed = Buffer.concat([container(program(1)), Buffer.from("~Module signature appended~\n")]);
    expect(failure(signed)).toBe("ok");
  });
});

describe("a hostile container", () => {
  const header = (sections: TestSection[], index: number) => buildElf(sections).shoff + index * 64;
  const refused = (sections: TestSection[], index: number, detail: string) =>
    expect(failure(container(...sections))).toEqual([
      ".bpf container",
      `section header ${index}`,
      header(sections, index),
      detail,
    ]);

  test("with a gap", () => refused([program(1), program(3)], 2, ".bpf.3 without .bpf.2"));
  test("that does not begin with .bpf.1", () => refused([program(2)], 1, ".bpf.2 without .bpf.1"));
  test("with a duplicate", () => refused([program(1), program(1)], 2, "duplicate section .bpf.1"));
  test("with two digits", () => refused([program(1), program(10)], 2, 'foreign section ".bpf.10"'));
  test("with digit 0", () => refused([program(0)], 1, 'foreign section ".bpf.0"'));
  test("with digit 9", () => refused([program(9)], 1, 'foreign section ".bpf.9"'));
  test("with a foreign section", () =>
    refused([program(1), { name: ".text", data: ONE }], 2, 'foreign section ".text"'));
  test("with a name that only begins right", () => refused([program("1x")], 1, 'foreign section ".bpf.1x"'));
  test("with a nameless section", () =>
    refused([program(1), { name: "", data: ONE }], 2, 'foreign section ""'));
  test("with a second .shstrtab", () =>
    refused(
      [program(1), { name: ".shstrtab", type: 3, data: Uint8Array.of(0) }],
      2,
      'foreign section ".shstrtab"',
    ));
  test("with a symbol table", () =>
    refused(
      [program(1), { name: ".symtab", type: 2, data: new Uint8Array(24) }],
      2,
      'foreign section ".symtab"',
    ));
  test("with a program of another type", () => refused([{ ...program(1), type: 7 }], 1, ".bpf.1 has type 7"));

  test("with two .bpf.nested", () => {
    const inner = { name: ".bpf.nested", data: nested(1) };
    refused([program(1), inner, inner], 3, "duplicate section .bpf.nested");
  });

  test("without a program", () => {
    const file = buildElf([{ name: ".bpf.nested", data: nested(1) }]);
    expect(failure(file.bytes)).toEqual([
      ".bpf container",
      "section header table",
      file.shoff,
      "no section .bpf.1",
    ]);
  });

  test("of depth 5", () => {
    expect(failure(nested(5))).toMatchObject([
      ".bpf container",
      ".bpf.nested",
      expect.any(Number),
      "containers nested deeper than 4",
    ]);
  });

  test("with a fault inside the nested one, reported at the outer file's offset", () => {
    const inner = buildElf([program(1), program(3)]);
    const outer = buildElf([program(1), { name: ".bpf.nested", data: inner.bytes }]);
    const offset = (outer.offsets[2] ?? 0) + inner.shoff + 2 * 64;
    expect(failure(outer.bytes)).toEqual([
      ".bpf container",
      "section header 2",
      offset,
      ".bpf.3 without .bpf.2",
    ]);
  });

  test("with a nested one that is no ELF file", () => {
    const outer = buildElf([program(1), { name: ".bpf.nested", data: Uint8Array.of(1, 2, 3, 4) }]);
    expect(failure(outer.bytes)).toEqual(["ELF", "file header", outer.offsets[2], "no ELF magic"]);
  });

  test("that is big-endian", () => {
    const { bytes } = buildElf([program(1)], { littleEndian: false });
    expect(failure(bytes)).toEqual([".bpf container", "file header", 5, "big-endian"]);
  });

  test("with program headers", () => {
    const { bytes } = buildElf([program(1)], { programs: [{ type: 1, offset: 0n, filesz: 0n }] });
    expect(failure(bytes)).toEqual([".bpf container", "file header", 0x38, "has program headers"]);
  });

  test("cut at any byte", () => {
    const whole = container(program(1), program(2));
    for (let length = 0; length < whole.length; length++) {
      expect(failure(whole.subarray(0, length)), `cut at ${length}`).not.toBe("ok");
    }
  });
});

describe("the container encoder", () => {
  test.each([
    [[".bpf.1", ".bpf.3"], ".bpf.3 without .bpf.2"],
    [[".bpf.1", ".bpf.1"], "duplicate section .bpf.1"],
    [[".bpf.10"], 'foreign section ".bpf.10"'],
    [[".text"], 'foreign section ".text"'],
    [[".bpf.nested"], "no section .bpf.1"],
    [[], "no section .bpf.1"],
  ])("refuses the names %j", (names, detail) => {
    const sections = names.map((name) => ({ name, data: ONE }));
    expect(encodeContainer({ machine: 62, sections })).toMatchObject({ ok: false, failure: { detail } });
  });
});

test("the container decoder is total on a good file with arbitrary bytes changed", () => {
  const file = nested(3);
  const change = fc.tuple(fc.nat(file.length - 1), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
      const bytes = Uint8Array.from(file);
      for (const [at, value] of changes) bytes[at] = value;
      void decodeContainer(bytes);
    }),
    { numRuns: 2000 },
  );
});
