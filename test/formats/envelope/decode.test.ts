import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeEnvelope } from "#formats/envelope/decode.ts";
import { buildElf, edited, type TestSection } from "../../support/elf-builder.ts";
import { expectValue } from "../../support/expect-value.ts";

const part = (name: string, text: string): TestSection => ({ name, data: Buffer.from(text, "latin1") });
const KERNEL = part(".kernel", "MZ kernel");
const INITRD = part(".initrd", "initrd");
const CMDLINE = part(".cmdline", "quiet\0");

const good = buildElf([KERNEL, INITRD, CMDLINE], { type: 2 });
const size = good.bytes.length;
/** Where the header of section n stands. */
const header = (index: number) => good.shoff + index * 64;

function decoded(...sections: TestSection[]) {
  const result = expectValue(decodeEnvelope(buildElf(sections, { type: 2 }).bytes));
  const { kernel, initrd, cmdline } = result;
  return [kernel, initrd, cmdline].map((p) => p && Buffer.from(p.data).toString("latin1"));
}

function failure(bytes: Uint8Array, base = 0): unknown {
  const result = decodeEnvelope(bytes, { base });
  return result.ok ? "ok" : [result.failure.section, result.failure.offset, result.failure.detail];
}

describe("a good envelope", () => {
  test("gives its parts as views, with their places in the outermost file", () => {
    const result = expectValue(decodeEnvelope(good.bytes, { base: 1000 }));
    const { kernel, initrd, cmdline } = result;
    expect([kernel.offset, initrd?.offset, cmdline?.offset]).toEqual(
      good.offsets.slice(1, 4).map((offset) => 1000 + offset),
    );
    expect(kernel.data.buffer).toBe(good.bytes.buffer);
    expect(decoded(KERNEL, INITRD, CMDLINE)).toEqual(["MZ kernel", "initrd", "quiet\0"]);
  });

  test("may leave out initrd and command line, or have them empty, even at an impossible place", () => {
    expect(decoded(KERNEL)).toEqual(["MZ kernel", undefined, undefined]);
    const empty = { data: new Uint8Array(0), offset: 1n << 63n, size: 0n };
    expect(decoded(KERNEL, { name: ".initrd", ...empty }, { name: ".cmdline", ...empty })).toEqual([
      "MZ kernel",
      undefined,
      undefined,
    ]);
  });

  test("may have its sections in any order, and others between them", () => {
    expect(decoded(CMDLINE, part(".note", "n"), INITRD, KERNEL)).toEqual(["MZ kernel", "initrd", "quiet\0"]);
  });

  test.each([".initrd2", ".initr", "initrd", ".INITRD", ".kernel.initrd", ""])(
    "does not take a section %j for .initrd",
    (name) => expect(decoded(KERNEL, part(name, "no"))).toEqual(["MZ kernel", undefined, undefined]),
  );

  test("does not take .cmdline2 for .cmdline, though they share nine bytes of ten", () =>
    expect(decoded(KERNEL, part(".cmdline2", "no"), CMDLINE)).toEqual(["MZ kernel", undefined, "quiet\0"]));

  test("may have a name at the very end of the names, sharing the tail of another", () => {
    const bytes = edited(
      buildElf([KERNEL, part(".initrd", "i")], { shstrtab: Buffer.from("\0x.kernel\0.shstrtab\0.initrd\0") })
        .bytes,
      (view) => {
        const shoff = Number(view.getBigUint64(0x28, true));
        view.setUint32(shoff + 64, 2, true);
        view.setUint32(shoff + 128, 20, true);
        view.setUint32(shoff + 192, 10, true);
      },
    );
    expect(decodeEnvelope(bytes)).toMatchObject({
      ok: true,
      value: { initrd: { data: Uint8Array.of(105) } },
    });
  });

  test("may have 64 sections, and sections that overlap or lie outside where they are not used", () => {
    const others = Array.from({ length: 61 }, (_, i) => ({ ...part(`.o${i}`, "o"), offset: 1n << 60n }));
    expect(decoded(KERNEL, ...others)).toEqual(["MZ kernel", undefined, undefined]);
    const overlapping = { ...INITRD, offset: 64n, size: 5n };
    expect(decoded(KERNEL, overlapping)[1]?.length).toBe(5);
  });
});

describe("a hostile envelope", () => {
  const edit = (change: (view: DataView) => void) => edited(good.bytes, change);

  test("cut at any byte", () => {
    for (let length = 0; length < size; length++) {
      expect(failure(good.bytes.subarray(0, length)), `cut at ${length}`).not.toBe("ok");
    }
  });

  test.each([
    ["without the ELF magic", 0, 0x7e, 0, "no ELF magic"],
    ["of class ELF32", 4, 1, 4, "class 1, must be ELF64"],
    ["of class 3", 4, 3, 4, "class 3, must be ELF64"],
    ["of the other byte order", 5, 2, 5, "byte order 2, must be little-endian"],
  ])("%s", (_, at, value, offset, detail) =>
    expect(
      failure(
        edit((v) => v.setUint8(at, value)),
        4096,
      ),
    ).toEqual(["file header", 4096 + offset, detail]),
  );

  test.each([0, 1, 40, 63, 65, 0xffff])("with e_shentsize %i", (value) =>
    expect(failure(edit((v) => v.setUint16(0x3a, value, true)))).toEqual([
      "file header",
      0x3a,
      `e_shentsize ${value}, must be 64`,
    ]),
  );

  test.each([0, 1, 0xff00, 0xffff])("with e_shnum %i", (value) =>
    expect(failure(edit((v) => v.setUint16(0x3c, value, true)))).toEqual([
      "file header",
      0x3c,
      `e_shnum ${value}, must be 2 to 65279`,
    ]),
  );

  test.each([0, 5, 0xff00, 0xffff])("with e_shstrndx %i", (value) =>
    expect(failure(edit((v) => v.setUint16(0x3e, value, true)))).toEqual([
      "file header",
      0x3e,
      `e_shstrndx ${value} of 5 sections`,
    ]),
  );

  test.each([BigInt(size - 319), BigInt(size), 0x7fff_ffffn, 0xffff_ffffn, 0xffff_ffff_ffc0n])(
    "with e_shoff %i, which leaves no room for the headers",
    (value) =>
      expect(failure(edit((v) => v.setBigUint64(0x28, value, true)))).toEqual([
        "file header",
        0x28,
        `5 section headers at ${value} of a file of ${size}`,
      ]),
  );

  test("with e_shoff so high that its end wraps in 64 bits", () =>
    expect(failure(edit((v) => v.setBigUint64(0x28, 0xffff_ffff_ffff_ffc0n, true)))).toEqual([
      "file header",
      0x28,
      "0xffffffffffffffc0 is no possible offset or size",
    ]));

  test("whose names are empty", () =>
    expect(failure(edit((v) => v.setBigUint64(header(4) + 0x20, 0n, true)))).toEqual([
      "section header 4",
      header(4) + 0x20,
      "section names are empty",
    ]));

  test.each([
    ["one byte past the end", BigInt(size - 35), 36n],
    ["at INT_MAX", 0x7fff_ffffn, 1n],
    ["of UINT_MAX", 0n, 0xffff_ffffn],
    ["whose end wraps in 64 bits", 0xffff_ffff_ffff_fff0n, 0x20n],
  ])("with names %s", (_, offset, length) =>
    expect(
      failure(
        edit((v) => {
          v.setBigUint64(header(4) + 0x18, offset, true);
          v.setBigUint64(header(4) + 0x20, length, true);
        }),
      ),
    ).toEqual([
      "section header 4",
      header(4) + 0x18,
      `${length} bytes of section names at ${offset} of a file of ${size}`,
    ]),
  );

  test("with names that do not end with a NUL", () =>
    expect(failure(edit((v) => v.setBigUint64(header(4) + 0x20, 35n, true)))).toEqual([
      "section names",
      (good.offsets[4] ?? 0) + 34,
      "section names do not end with a NUL",
    ]));

  test.each([1, 2, 3, 4])(
    "with the name of section %i outside the names, at their end and far away",
    (index) => {
      for (const name of [36, 37, 0xffff_ffff]) {
        expect(failure(edit((v) => v.setUint32(header(index), name, true)))).toEqual([
          `section header ${index}`,
          header(index),
          `name at ${name} of 36 bytes of names`,
        ]);
      }
    },
  );

  test.each([
    [1, ".kernel"],
    [2, ".initrd"],
    [3, ".cmdline"],
  ])("with section %i of another type", (index, name) => {
    for (const type of [0, 3, 8, 0xffff_ffff]) {
      expect(failure(edit((v) => v.setUint32(header(index) + 4, type, true)))).toEqual([
        `section header ${index}`,
        header(index) + 4,
        `${name} has type ${type}, must be PROGBITS`,
      ]);
    }
  });

  test.each([
    ["one byte past the end", BigInt(size - 2), 3n],
    ["at the end", BigInt(size), 1n],
    ["of INT_MAX", 64n, 0x7fff_ffffn],
    ["of UINT_MAX", 64n, 0xffff_ffffn],
    ["whose end wraps in 32 bits", 0xffff_fff0n, 0x20n],
    ["whose end wraps in 64 bits", 0xffff_ffff_ffff_fff0n, 0x20n],
    ["of 2^64 - 1", 64n, 0xffff_ffff_ffff_ffffn],
  ])("with a part %s", (_, offset, length) => {
    for (const [index, name] of [
      [1, ".kernel"],
      [2, ".initrd"],
      [3, ".cmdline"],
    ] as const) {
      const bytes = edit((v) => {
        v.setBigUint64(header(index) + 0x18, offset, true);
        v.setBigUint64(header(index) + 0x20, length, true);
      });
      expect(failure(bytes)).toEqual([
        `section header ${index}`,
        header(index) + 0x18,
        `${length} bytes of ${name} at ${offset} of a file of ${size}`,
      ]);
    }
  });

  test.each([".kernel", ".initrd", ".cmdline"])("with two sections %s", (name) => {
    const sections = [KERNEL, INITRD, CMDLINE, part(name, "again")];
    const file = buildElf(sections);
    const at = file.shoff + 4 * 64;
    expect(failure(file.bytes)).toEqual(["section header 4", at, `second section ${name}`]);
  });

  test("with a second section that is empty, which is a second one all the same", () => {
    const file = buildElf([KERNEL, part(".initrd", ""), INITRD]);
    expect(failure(file.bytes)).toMatchObject([
      "section header 3",
      file.shoff + 192,
      "second section .initrd",
    ]);
  });

  test("without .kernel, or with an empty one", () => {
    const without = buildElf([INITRD, part(".kernel2", "no")]);
    expect(failure(without.bytes)).toEqual(["section header table", without.shoff, "no section .kernel"]);
    const empty = buildElf([part(".kernel", ""), INITRD]);
    expect(failure(empty.bytes)).toEqual(["section header table", empty.shoff, "section .kernel is empty"]);
  });

  test("whose only .kernel is section 0, which is never looked at", () => {
    const bytes = edited(buildElf([INITRD]).bytes, (view) => {
      const shoff = Number(view.getBigUint64(0x28, true));
      view.setUint32(shoff, 1, true);
      view.setUint32(shoff + 4, 1, true);
    });
    expect(failure(bytes)).toMatchObject(["section header table", expect.any(Number), "no section .kernel"]);
  });
});

test("the envelope decoder is total on a good file with arbitrary bytes changed", () => {
  const change = fc.tuple(fc.nat(size - 1), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
      const bytes = Uint8Array.from(good.bytes);
      for (const [at, value] of changes) bytes[at] = value;
      void decodeEnvelope(bytes);
    }),
    { numRuns: 3000 },
  );
});
