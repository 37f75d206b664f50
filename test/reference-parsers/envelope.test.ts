import { describe, expect, test } from "vitest";
import { parseEnvelope } from "#reference-parsers/envelope.ts";
import { parseZboot } from "#reference-parsers/zboot.ts";
import { buildElf, edited, type TestElf, type TestSection } from "../support/elf-builder.ts";
import { buildZboot } from "../support/zboot-builder.ts";
import { isRefusal, LIMITS, outcome } from "./outcome.ts";

const KERNEL = buildZboot(Buffer.from("compressed kernel"));
const section = (name: string, text: string): TestSection => ({ name, data: Buffer.from(text) });
const kernel: TestSection = { name: ".kernel", data: KERNEL };

const good = buildElf([kernel, section(".initrd", "an initrd"), section(".cmdline", "quiet\0")]);
const STREAM = [
  "DECOMPRESS/KERNEL compressed kernel",
  "COPY/INITRD an initrd",
  "COPY/CMDLINE quiet\0",
  "DONE",
];

const envelope = (image: Uint8Array) => outcome(parseEnvelope, image);
const built = (...sections: TestSection[]) => envelope(buildElf(sections).bytes);
/** Offset of a field of a section header. */
const field = (elf: TestElf, index: number, at: number) => elf.shoff + 64 * index + at;

function changed(edit: (view: DataView) => void): readonly (string | number)[] {
  return envelope(edited(good.bytes, edit));
}

describe("a good envelope", () => {
  test("becomes DECOMPRESS/KERNEL, COPY/INITRD, COPY/CMDLINE, DONE", () =>
    expect(envelope(good.bytes)).toEqual(STREAM));

  test("is what parseZboot() takes an ELF file for in v7", () =>
    expect(outcome(parseZboot, good.bytes)).toEqual(STREAM));

  test("gives its parts in canonical order, whatever theirs is", () =>
    expect(built(section(".cmdline", "quiet\0"), section(".initrd", "an initrd"), kernel)).toEqual(STREAM));

  test("may do without .initrd and .cmdline", () => expect(built(kernel)).toEqual([STREAM[0], "DONE"]));

  test("leaves an empty .initrd out, and ends an empty .cmdline by its NUL", () =>
    expect(built(kernel, section(".initrd", ""), section(".cmdline", ""))).toEqual([
      STREAM[0],
      "COPY/CMDLINE \0",
      "DONE",
    ]));

  test("gives a command line without a NUL one", () =>
    expect(built(kernel, section(".cmdline", "quiet"))).toEqual([STREAM[0], "COPY/CMDLINE quiet\0", "DONE"]));

  test("may have an empty section anywhere, beyond 2^53 included", () => {
    const elf = buildElf([kernel, { ...section(".initrd", ""), offset: 2n ** 64n - 1n, size: 0n }]);
    expect(envelope(elf.bytes)).toEqual([STREAM[0], "DONE"]);
  });

  test("may have other sections, of any type and anywhere", () =>
    expect(
      built(
        { name: ".note", type: 7, data: Buffer.from("x"), offset: 2n ** 63n, size: 2n ** 63n },
        kernel,
        section(".initrd", "an initrd"),
        section(".cmdline", "quiet\0"),
        section(".note", "again"),
      ),
    ).toEqual(STREAM));

  test("may have overlapping sections", () => {
    const at = BigInt(good.offsets[1] ?? 0);
    expect(built(kernel, { ...section(".cmdline", ""), offset: at, size: 2n })).toEqual([
      STREAM[0],
      "COPY/CMDLINE MZ\0",
      "DONE",
    ]);
  });

  test.each([".initrd2", ".initr", ".cmdline2", ".cmdlin", "x.initrd", "", ".kernel.", ".Initrd"])(
    "does not take %j for one of its names",
    (name) => expect(built(kernel, section(name, "no"))).toEqual([STREAM[0], "DONE"]),
  );

  test("may have a name at the very end of its string table", () => {
    const shstrtab = Buffer.from("\0.shstrtab\0.kernel\0.cmdline\0");
    const elf = buildElf([kernel, section(".cmdline", "c")], { shstrtab });
    const image = edited(elf.bytes, (view) => {
      view.setUint32(field(elf, 1, 0), 11, true);
      view.setUint32(field(elf, 2, 0), 19, true);
    });
    expect(envelope(image)).toEqual([STREAM[0], "COPY/CMDLINE c\0", "DONE"]);
  });

  test("may have names that end in one another", () => {
    const shstrtab = Buffer.from("\0my.kernel\0");
    const elf = buildElf([kernel], { shstrtab });
    expect(envelope(edited(elf.bytes, (view) => view.setUint32(field(elf, 1, 0), 3, true)))).toEqual([
      STREAM[0],
      "DONE",
    ]);
  });

  test.each([65, 2000, 65279])("may have %i sections, the null section and .shstrtab among them", (count) => {
    const others = Array.from({ length: count - 3 }, () => section(".other", ""));
    expect(built(...others, kernel)).toEqual([STREAM[0], "DONE"]);
  });

  test("may have anything in its null section, the name of another included", () => {
    for (const name of [0xffff_ffff, 1]) {
      const image = edited(good.bytes, (view) => {
        view.setUint32(field(good, 0, 0), name, true);
        view.setUint32(field(good, 0, 4), 1, true);
        view.setUint32(field(good, 0, 0x20), 64, true);
      });
      expect(envelope(image)).toEqual(STREAM);
    }
  });

  test("may be of any type, version and machine", () => {
    const image = edited(good.bytes, (_, copy) => copy.fill(0xff, 6, 0x28));
    expect(envelope(image)).toEqual(STREAM);
  });
});

describe("a hostile envelope", () => {
  test("cut at any byte", () => {
    for (let length = 0; length < good.bytes.length; length++) {
      expect(isRefusal(envelope(good.bytes.subarray(0, length))), `cut at ${length}`).toBe(true);
    }
    expect(envelope(good.bytes.subarray(0, 63))).toEqual([
      "malformed",
      "file header",
      0,
      "64 bytes wanted, 63 left",
    ]);
  });

  test("in v6, which has none", () =>
    expect(outcome(parseEnvelope, good.bytes, "v6")).toEqual(["unsupported"]));

  test.each<[string, number, string, (view: DataView) => void]>([
    ["without magic", 0, "no ELF magic", (v) => v.setUint8(1, 0)],
    ["of ELF32", 4, "class 1, must be ELF64", (v) => v.setUint8(4, 1)],
    ["that is big-endian", 5, "data 2, must be little-endian", (v) => v.setUint8(5, 2)],
    ["with e_shentsize 40", 0x3a, "e_shentsize is 40", (v) => v.setUint16(0x3a, 40, true)],
    ["with e_shnum 0", 0x3c, "e_shnum is 0", (v) => v.setUint16(0x3c, 0, true)],
    ["with e_shnum 1", 0x3c, "e_shnum is 1", (v) => v.setUint16(0x3c, 1, true)],
    ["with e_shnum 65280", 0x3c, "e_shnum is 65280", (v) => v.setUint16(0x3c, 0xff00, true)],
    ["with e_shnum 65535", 0x3c, "e_shnum is 65535", (v) => v.setUint16(0x3c, 0xffff, true)],
    ["with e_shstrndx 0", 0x3e, "e_shstrndx 0 of 5 sections", (v) => v.setUint16(0x3e, 0, true)],
    ["with e_shstrndx 5", 0x3e, "e_shstrndx 5 of 5 sections", (v) => v.setUint16(0x3e, 5, true)],
    ["with e_shstrndx 65535", 0x3e, "e_shstrndx 65535 of 5 sections", (v) => v.setUint16(0x3e, 0xffff, true)],
  ])("%s", (_, offset, detail, edit) =>
    expect(changed(edit)).toEqual(["malformed", "file header", offset, detail]),
  );

  test.each([
    ["at the end of the file", BigInt(good.bytes.length)],
    ["one byte too late", BigInt(good.bytes.length - 5 * 64 + 1)],
    ["at 2^53", 2n ** 53n],
    ["whose end wraps in 64 bits", 2n ** 64n - 64n],
  ])("with section headers %s", (_, shoff) =>
    expect(changed((view) => view.setBigUint64(0x28, shoff, true))).toEqual([
      "malformed",
      "file header",
      0x28,
      `5 section headers at ${shoff} of ${good.bytes.length}`,
    ]),
  );

  test.each([
    ["outside", 0x18, 2n ** 64n - 8n, 0x18, "36 bytes at 18446744073709551608 of"],
    ["past the end", 0x20, 2n ** 40n, 0x18, "1099511627776 bytes at"],
    ["empty", 0x20, 0n, 0x20, "empty section name table"],
    ["without its last NUL", 0x20, 35n, 0x20, "section name table does not end with a NUL"],
  ])("with section names %s", (_, at, value, offset, detail) => {
    const made = changed((view) => view.setBigUint64(field(good, 4, at), value, true));
    expect(made.slice(0, 3)).toEqual(["malformed", "section header 4", field(good, 4, offset)]);
    expect(made[3]).toContain(detail);
  });

  test.each([1, 4])("with the name of section %i outside of the string table", (index) =>
    expect(changed((view) => view.setUint32(field(good, index, 0), 0xffff_ffff, true))).toEqual([
      "malformed",
      `section header ${index}`,
      field(good, index, 0),
      "sh_name 4294967295 in a table of 36 bytes",
    ]),
  );

  test("with a name at the first byte behind the string table", () =>
    expect(changed((view) => view.setUint32(field(good, 2, 0), 36, true))[3]).toBe(
      "sh_name 36 in a table of 36 bytes",
    ));

  test.each([".kernel", ".initrd", ".cmdline"])("with two sections %s", (name) => {
    const twin = name === ".kernel" ? kernel : section(name, "x");
    const elf = buildElf([kernel, section(".initrd", "i"), section(".cmdline", "c"), twin]);
    expect(envelope(elf.bytes)).toEqual([
      "malformed",
      "section header 4",
      field(elf, 4, 0),
      `second section ${name}`,
    ]);
  });

  test("with an empty section twice", () => {
    const elf = buildElf([kernel, section(".initrd", ""), section(".initrd", "")]);
    expect(envelope(elf.bytes)[3]).toBe("second section .initrd");
  });

  test.each([0, 2, 8])("with a .cmdline of type %i", (type) =>
    expect(changed((view) => view.setUint32(field(good, 3, 4), type, true))).toEqual([
      "malformed",
      "section header 3",
      field(good, 3, 4),
      `.cmdline has type ${type}`,
    ]),
  );

  test.each([
    ["one byte past the end", 0x20, BigInt(good.bytes.length) - BigInt(good.offsets[2] ?? 0) + 1n],
    ["of INT_MAX", 0x20, 0x7fff_ffffn],
    ["of UINT_MAX", 0x20, 0xffff_ffffn],
    ["of 2^64 - 1", 0x20, 2n ** 64n - 1n],
    ["at the end of the file", 0x18, BigInt(good.bytes.length)],
    ["whose end wraps in 64 bits", 0x18, 2n ** 64n - 4n],
  ])("with an .initrd %s", (_, at, value) =>
    expect(changed((view) => view.setBigUint64(field(good, 2, at), value, true)).slice(0, 3)).toEqual([
      "malformed",
      "section header 2",
      field(good, 2, 0x18),
    ]),
  );

  test("without .kernel", () =>
    expect(built(section(".initrd", "i"), section(".cmdline", "c"))).toEqual([
      "malformed",
      "file header",
      0x28,
      "no section .kernel",
    ]));

  test("with an empty .kernel", () =>
    expect(built(section(".kernel", ""))).toEqual(["malformed", "DOS header", 0, "64 bytes wanted, 0 left"]));

  test("with a .kernel of 63 bytes", () =>
    expect(changed((view) => view.setBigUint64(field(good, 1, 0x20), 63n, true))[3]).toBe(
      "64 bytes wanted, 63 left",
    ));

  test("with a .kernel that is no zboot file, reported where it stands in the envelope", () => {
    const at = good.offsets[1] ?? 0;
    expect(changed((view) => view.setUint8(at + 4, 0))).toEqual([
      "malformed",
      "DOS header",
      at + 4,
      "no zimg magic",
    ]);
  });

  test("with a payload that is inside the envelope, but not inside .kernel", () => {
    const at = good.offsets[1] ?? 0;
    expect(changed((view) => view.setUint32(at + 0x0c, 18, true))).toEqual([
      "malformed",
      "DOS header",
      at + 8,
      "18 bytes at 128 of 145",
    ]);
  });

  test.each([
    [
      "initrd",
      [kernel, section(".initrd", "i".repeat(LIMITS.initrd + 1))],
      2,
      "initrd for its record: 2049 > 2048",
    ],
    [
      "cmdline",
      [section(".cmdline", "c".repeat(LIMITS.cmdline + 1)), kernel],
      1,
      "cmdline for its record: 258 > 256",
    ],
  ] as const)("with a part larger than its record: %s", (_, sections, index, detail) => {
    const elf = buildElf(sections);
    expect(envelope(elf.bytes)).toEqual([
      "size-exceeded",
      `section header ${index}`,
      field(elf, index, 0x20),
      detail,
    ]);
  });
});
