import { describe, expect, test } from "vitest";
import { parseUki } from "#reference-parsers/uki.ts";
import { edited } from "../support/elf-builder.ts";
import { buildPe, type TestPeSection } from "../support/pe-builder.ts";
import { isRefusal, LIMITS, outcome } from "./outcome.ts";

const section = (name: string, text: string): TestPeSection => ({ name, data: Buffer.from(text) });
const linux = section(".linux", "kernel");

const good = buildPe([
  section(".osrel", "ID=x"),
  linux,
  section(".initrd", "an initrd"),
  section(".cmdline", "quiet"),
]);
const STREAM = ["COPY/KERNEL FILL kernel", "COPY/INITRD an initrd", "COPY/CMDLINE quiet\0", "DONE"];

const uki = (image: Uint8Array) => outcome(parseUki, image);
const built = (...sections: TestPeSection[]) => uki(buildPe(sections).bytes);
const changed = (edit: (view: DataView) => void) => uki(edited(good.bytes, edit));
/** Offset of a field of a section header. */
const field = (index: number, at: number) => good.table + 40 * index + at;

describe("a good UKI", () => {
  test("becomes COPY/KERNEL with FILL, COPY/INITRD, COPY/CMDLINE, DONE", () =>
    expect(uki(good.bytes)).toEqual(STREAM));

  test("becomes the same without FILL and DONE in v6", () =>
    expect(outcome(parseUki, good.bytes, "v6")).toEqual(["COPY/KERNEL kernel", ...STREAM.slice(1, 3)]));

  test("may be a PE32 file", () =>
    expect(uki(buildPe([linux], { plus: false }).bytes)).toEqual([STREAM[0], "DONE"]));

  test("gives its parts in canonical order, whatever theirs is", () =>
    expect(built(section(".cmdline", "quiet"), section(".initrd", "an initrd"), linux)).toEqual(STREAM));

  test("boots profile @0 over the base", () =>
    expect(
      built(
        linux,
        section(".cmdline", "base"),
        section(".profile", "ID=a"),
        section(".cmdline", "zero"),
        section(".profile", "ID=b"),
        section(".initrd", "one"),
      ),
    ).toEqual([STREAM[0], "COPY/CMDLINE zero\0", "DONE"]));

  test("takes the first of a repeated section, in the base and in a profile", () =>
    expect(
      built(
        section(".linux", "first"),
        linux,
        section(".cmdline", "base"),
        section(".profile", ""),
        section(".cmdline", "one"),
        section(".cmdline", "two"),
      ),
    ).toEqual(["COPY/KERNEL FILL first", "COPY/CMDLINE one\0", "DONE"]));

  test("leaves an empty .initrd out, and ends an empty .cmdline by its NUL, one that empties the base's included", () =>
    expect(
      built(
        linux,
        section(".initrd", ""),
        section(".cmdline", "base"),
        section(".profile", ""),
        section(".cmdline", ""),
      ),
    ).toEqual([STREAM[0], "COPY/CMDLINE \0", "DONE"]));

  test("gives a command line a NUL at its end, in both revisions, and no second one", () => {
    for (const [text, sent] of [
      ["quiet", "quiet\0"],
      ["quiet\0", "quiet\0"],
      ["quiet\0\0", "quiet\0\0"],
      ["a\0b", "a\0b\0"],
    ] as const) {
      const image = buildPe([linux, section(".cmdline", text)]).bytes;
      expect(uki(image)).toEqual([STREAM[0], `COPY/CMDLINE ${sent}`, "DONE"]);
      expect(outcome(parseUki, image, "v6").at(-1)).toBe(`COPY/CMDLINE ${sent}`);
    }
  });

  test("counts the smaller of VirtualSize and SizeOfRawData", () => {
    expect(built({ name: ".linux", data: Buffer.from("kernel\0\0"), virtualSize: 6 })[0]).toBe(STREAM[0]);
    expect(built({ name: ".linux", data: Buffer.from("kernel+++"), virtualSize: 999, rawSize: 6 })[0]).toBe(
      STREAM[0],
    );
  });

  test("may have an empty section anywhere", () =>
    expect(built(linux, { ...section(".initrd", ""), rawOffset: 0xffff_ffff, rawSize: 0x200 })).toEqual([
      STREAM[0],
      "DONE",
    ]));

  test("may have sections that are not used anywhere, the base's overridden ones included", () =>
    expect(
      built(
        linux,
        { ...section(".sbat", "x"), rawOffset: 0xffff_ffff },
        { ...section(".cmdline", "x"), rawOffset: 0xffff_ffff },
        section(".profile", ""),
        section(".cmdline", "quiet"),
        section(".profile", ""),
        { ...section(".linux", "x"), rawOffset: 0xffff_ffff },
      ),
    ).toEqual([STREAM[0], "COPY/CMDLINE quiet\0", "DONE"]));

  test("may have overlapping sections", () =>
    expect(built(linux, { ...section(".cmdline", "xx"), rawOffset: 0 })).toEqual([
      STREAM[0],
      "COPY/CMDLINE MZ\0",
      "DONE",
    ]));

  test.each([".linux2", ".linu", ".initrd2", ".initr", ".cmdlin", ".LINUX", "linux"])(
    "does not take %j for one of its names",
    (name) => expect(built(section(name, "no"), linux)).toEqual([STREAM[0], "DONE"]),
  );

  test("compares all eight bytes of a name, those behind a NUL included", () => {
    const image = edited(good.bytes, (view) => view.setUint8(field(2, 7), 0x78));
    expect(uki(image)).toEqual([STREAM[0], STREAM[2], "DONE"]);
    expect(built(section(".linux\0x", "no"), linux)).toEqual([STREAM[0], "DONE"]);
  });

  test.each([97, 2000, 65535])("may have %i sections", (count) => {
    const others = Array.from({ length: count - 1 }, () => section(".other", ""));
    expect(built(...others, linux)).toEqual([STREAM[0], "DONE"]);
  });

  test("is not judged by alignments, directories or the rest of its optional header", () => {
    const image = edited(good.bytes, (_, copy) => copy.fill(0xff, good.optional + 2, good.table));
    expect(uki(image)).toEqual(STREAM);
  });

  test("may have its PE header inside the DOS header, and end with its section table", () => {
    const image = new Uint8Array(0x80 + 40);
    const view = new DataView(image.buffer);
    image.set(Buffer.from("MZ"));
    view.setUint32(0x3c, 4, true);
    image.set(Buffer.from("PE\0\0"), 4);
    view.setUint16(4 + 6, 1, true);
    view.setUint16(4 + 20, 0x80 - 28, true);
    view.setUint16(4 + 24, 0x10b, true);
    image.set(Buffer.from(".linux"), 0x80);
    view.setUint32(0x88, 2, true);
    view.setUint32(0x90, 2, true);
    expect(uki(image)).toEqual(["COPY/KERNEL FILL MZ", "DONE"]);
  });
});

describe("a hostile UKI", () => {
  test("cut at any byte up to the end of its last part", () => {
    for (let length = 0; length < (good.dataOffsets[3] ?? 0) + 5; length++) {
      expect(isRefusal(uki(good.bytes.subarray(0, length))), `cut at ${length}`).toBe(true);
    }
    expect(uki(good.bytes.subarray(0, 1))).toEqual(["malformed", "DOS header", 0, "2 bytes wanted, 1 left"]);
    expect(uki(good.bytes.subarray(0, 63))).toEqual([
      "malformed",
      "DOS header",
      0x3c,
      "4 bytes wanted, 3 left",
    ]);
  });

  test.each<[string, string, number, string, (view: DataView) => void]>([
    ["without MZ", "DOS header", 0, "no MZ magic", (v) => v.setUint8(1, 0)],
    ["without a PE signature", "PE header", good.pe, "no PE signature", (v) => v.setUint8(good.pe + 3, 1)],
    [
      "of ROM type",
      "PE header",
      good.pe + 24,
      "optional header magic 0x107",
      (v) => v.setUint16(good.pe + 24, 0x107, true),
    ],
    [
      "with NumberOfSections 0",
      "PE header",
      good.pe + 6,
      "NumberOfSections is 0",
      (v) => v.setUint16(good.pe + 6, 0, true),
    ],
    [
      "with NumberOfSections 65535",
      "PE header",
      good.pe + 20,
      `65535 section headers at ${good.table} of ${good.bytes.length}`,
      (v) => v.setUint16(good.pe + 6, 65535, true),
    ],
    [
      "with a section table outside",
      "PE header",
      good.pe + 20,
      `4 section headers at ${good.pe + 24 + 65535} of ${good.bytes.length}`,
      (v) => v.setUint16(good.pe + 20, 65535, true),
    ],
  ])("%s", (_, where, offset, detail, edit) =>
    expect(changed(edit)).toEqual(["malformed", where, offset, detail]),
  );

  test.each([good.bytes.length - 25, good.bytes.length, 0x7fff_ffff, 0xffff_ffff])(
    "with e_lfanew %i",
    (start) =>
      expect(changed((view) => view.setUint32(0x3c, start, true))).toEqual([
        "malformed",
        "DOS header",
        0x3c,
        `e_lfanew ${start} leaves no PE header in ${good.bytes.length} bytes`,
      ]),
  );

  test("with an e_lfanew that leaves just enough for a PE header, but not for sections", () =>
    expect(
      changed((view) => {
        const start = good.bytes.length - 26;
        view.setUint32(0x3c, start, true);
        view.setUint32(start, 0x4550, true);
        view.setUint16(start + 6, 1, true);
        view.setUint16(start + 24, 0x20b, true);
      }).slice(0, 3),
    ).toEqual(["malformed", "PE header", good.bytes.length - 26 + 0x14]));

  test("without .linux, as an addon", () =>
    expect(built(section(".cmdline", "C"))).toEqual([
      "malformed",
      "section table",
      good.table,
      "profile @0 has no .linux",
    ]));

  test("with .linux only in the second profile", () =>
    expect(built(section(".profile", ""), section(".profile", ""), linux)[3]).toBe(
      "profile @0 has no .linux",
    ));

  test.each([
    ["VirtualSize", 0x08],
    ["SizeOfRawData", 0x10],
  ])("with a .linux whose %s is 0", (_, at) =>
    expect(changed((view) => view.setUint32(field(1, at), 0, true))).toEqual([
      "malformed",
      "section table",
      field(1, at),
      "profile @0 has an empty .linux",
    ]),
  );

  test("with a profile that empties .linux", () =>
    expect(built(linux, section(".profile", ""), section(".linux", ""))[3]).toBe(
      "profile @0 has an empty .linux",
    ));

  test.each([
    ["one byte past the end", good.bytes.length - 8],
    ["at the end of the file", good.bytes.length],
    ["at INT_MAX", 0x7fff_ffff],
    ["at UINT_MAX", 0xffff_ffff],
  ])("with an .initrd %s", (_, at) =>
    expect(changed((view) => view.setUint32(field(2, 0x14), at, true))).toEqual([
      "malformed",
      "section header 2",
      field(2, 0x14),
      `9 bytes at ${at} of ${good.bytes.length}`,
    ]),
  );

  test.each([0x7fff_ffff, 0xffff_ffff])("with an .initrd of %i bytes", (size) =>
    expect(
      changed((view) => {
        view.setUint32(field(2, 0x08), size, true);
        view.setUint32(field(2, 0x10), size, true);
      }).slice(0, 3),
    ).toEqual(["malformed", "section header 2", field(2, 0x14)]),
  );

  test.each([
    [".linux", LIMITS.kernel, "kernel for its record: 4097 > 4096"],
    [".initrd", LIMITS.initrd, "initrd for its record: 2049 > 2048"],
    [".cmdline", LIMITS.cmdline, "cmdline for its record: 258 > 256"],
  ])("with a %s larger than its record", (name, limit, detail) => {
    const large = section(name, "x".repeat(limit + 1));
    const at = field(1, large.data.length % 0x200 === 0 ? 0x10 : 0x08);
    const made = name === ".linux" ? built(section(".osrel", ""), large) : built(linux, large);
    expect(made).toEqual(["size-exceeded", "section header 1", at, detail]);
  });
});
