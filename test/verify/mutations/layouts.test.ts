import { describe, expect, test } from "vitest";
import { decodeElf } from "#formats/elf/elf-file.ts";
import { decodePe } from "#formats/pe/pe-file.ts";
import { elfLayout } from "#verify/mutations/elf-layout.ts";
import { numberAt, setNumber } from "#verify/mutations/field.ts";
import { allFields, goodFile } from "#verify/mutations/good-file.ts";
import { goodFiles } from "#verify/mutations/good-files.ts";
import { peLayout } from "#verify/mutations/pe-layout.ts";
import { expectValue } from "../../support/expect-value.ts";

/** Section, name, offset, width and role, by the formats' specifications; the section headers' offsets are in their table. */
const FIELDS = {
  zboot: `DOS header: MZ 0 2 magic, zero 2 2 ignored, zimg 4 4 magic, payload offset 8 4 offset, payload size 12 4 size,
    reserved 16 8 ignored, compression 24 8 ignored, Linux PE magic 56 4 ignored, PE header offset 60 4 ignored`,
  plain: `header: code 0 4 ignored, zimg 4 4 magic, text offset 8 8 ignored, image size 16 8 ignored, flags 24 8 ignored,
    magic 56 4 magic, PE header offset 60 4 ignored`,
  envelope: `file header: magic 0 4 magic, class 4 1 type, data 5 1 type, e_machine 18 2 ignored, e_shoff 40 8 offset,
    e_shentsize 58 2 size, e_shnum 60 2 count, e_shstrndx 62 2 index`,
  "section of envelope": "sh_name 0 4 offset, sh_type 4 4 type, sh_offset 24 8 offset, sh_size 32 8 size",
  uki: "DOS header: MZ 0 2 magic, e_lfanew 60 4 offset",
  "PE of uki": `signature 0 4 magic, Machine 4 2 ignored, NumberOfSections 6 2 count, SizeOfOptionalHeader 20 2 size,
    Magic 24 2 magic`,
  "section of uki": `Name 0 8 type, VirtualSize 8 4 size, VirtualAddress 12 4 ignored, SizeOfRawData 16 4 size,
    PointerToRawData 20 4 offset`,
} as const;

const flat = (text: string) => text.replaceAll(/\s+/g, " ");

function good(name: string) {
  return goodFiles("v7").find((file) => file.name === name) ?? expect.fail(name);
}

/** The headers by which files are told apart; an envelope's kernel has one of its own. */
const BEGINNINGS: ReadonlySet<string> = new Set([
  "zboot DOS header",
  "uki DOS header",
  "plain header",
  "envelope file header",
]);

/** The fields of one header, as `FIELDS` has them, from `base` on. */
function fieldsText(name: string, section: string, base: number): string {
  return allFields(good(name))
    .filter((field) => field.section === section)
    .map(({ name: field, at, width, role }) => `${field} ${at - base} ${width} ${role}`)
    .join(", ");
}

test.each([
  ["zboot", "DOS header", FIELDS.zboot],
  ["plain", "header", FIELDS.plain],
  ["envelope", "file header", FIELDS.envelope],
  ["uki", "DOS header", FIELDS.uki],
] as const)("the fields of a %s, in its %s, are those of its specification", (name, section, fields) => {
  expect(`${section}: ${fieldsText(name, section, 0)}`).toBe(flat(fields));
});

test("a UKI's fields are where its PE header and its section table are, and all rows have them", () => {
  const pe = expectValue(decodePe(good("uki").image));
  const layout = peLayout(pe.bytes) ?? expect.fail();
  expect(layout).toMatchObject({ signatureAt: pe.signatureOffset, tableAt: pe.sectionTableOffset });
  expect(layout.headersEnd).toBe(pe.sectionTableOffset + 40 * pe.sections.length);
  expect(fieldsText("uki", "PE header", pe.signatureOffset)).toBe(flat(FIELDS["PE of uki"]));
  for (const { index } of pe.sections)
    expect(fieldsText("uki", `section header ${index}`, pe.sectionTableOffset + 40 * index)).toBe(
      flat(FIELDS["section of uki"]),
    );
  expect(layout.rows).toEqual(
    pe.sections.map(({ name, virtualSize, sizeOfRawData, pointerToRawData }) => ({
      name,
      virtualSize,
      rawSize: sizeOfRawData,
      rawOffset: pointerToRawData,
    })),
  );
});

test.each(["envelope", "envelope-headers-last"])("an %s's fields are where its table is", (name) => {
  const elf = expectValue(decodeElf(good(name).image));
  const layout = elfLayout(good(name).image) ?? expect.fail();
  const tableAt = Number(numberAt(good(name).image, 0x28, 8));
  expect(layout.tableAt).toBe(tableAt);
  expect(layout.headersEnd).toBe(tableAt === 64 ? 64 + 64 * elf.sections.length : 64);
  for (const { index } of elf.sections)
    expect(fieldsText(name, `section header ${index}`, tableAt + 64 * index)).toBe(
      FIELDS["section of envelope"],
    );
  expect(layout.rows.map((row) => row.name)).toEqual(elf.sections.map((section) => section.name));
  expect(layout.rows[layout.namesIndex]?.name).toBe(".shstrtab");
  const kernel = layout.rows.find((row) => row.name === ".kernel") ?? expect.fail();
  expect(layout.kernel).toMatchObject({ base: Number(kernel.offset), size: Number(kernel.size) });
  expect(layout.kernel?.headersEnd).toBe(Number(kernel.offset) + 64);
});

describe("an image is of the format by which it begins", () => {
  const formatOf = (image: Uint8Array) => goodFile("x", image)?.format;
  test.each(goodFiles("v7").map((file) => [file.name, file] as const))(
    "%s, and of none without it",
    (_n, file) => {
      expect(formatOf(file.image)).toBe(file.format);
      expect(formatOf(new Uint8Array(file.image.length))).toBeUndefined();
      expect(formatOf(new Uint8Array(0))).toBeUndefined();
      for (const field of allFields(file)) {
        if (field.role !== "magic" || !BEGINNINGS.has(`${file.format} ${field.section}`)) continue;
        const other = file.image.slice();
        setNumber(other, field.at, field.width, 0x11n);
        if (field.name === "zimg" && file.format === "plain") continue;
        expect(formatOf(other), field.name).not.toBe(file.format);
      }
    },
  );

  test("which needs all of its header: 64 bytes", () => {
    for (const name of ["zboot", "plain"]) {
      expect(formatOf(good(name).image.slice(0, 64))).toBe(name);
      expect(formatOf(good(name).image.slice(0, 63))).not.toBe(name);
    }
    const empty = new Uint8Array(64);
    setNumber(empty, 0, 4, 0x464c457fn);
    setNumber(empty, 0x28, 8, 64n);
    expect(formatOf(empty)).toBe("envelope");
    expect(formatOf(empty.slice(0, 63))).toBeUndefined();
    // A table that the file has no room for, by a byte.
    setNumber(empty, 0x3c, 2, 1n);
    expect(formatOf(empty)).toBeUndefined();
    const room = new Uint8Array(128);
    room.set(empty);
    expect(formatOf(room)).toBe("envelope");
    expect(formatOf(room.slice(0, 127))).toBeUndefined();
  });

  test("a plain kernel by the magic number of any architecture, but with zimg it is none", () => {
    for (const magic of [0x644d5241n, 0x05435352n, 0x818223cdn]) {
      const image = new Uint8Array(64);
      setNumber(image, 0x38, 4, magic);
      expect(formatOf(image)).toBe("plain");
      setNumber(image, 0x04, 4, 0x676d697an);
      expect(formatOf(image)).toBeUndefined();
    }
  });

  test("of thousands of sections the first 128 have fields", () => {
    const image = new Uint8Array(64 + 64 * 200);
    setNumber(image, 0, 4, 0x464c457fn);
    setNumber(image, 0x28, 8, 64n);
    setNumber(image, 0x3c, 2, 200n);
    const layout = elfLayout(image) ?? expect.fail();
    expect([layout.rows.length, layout.fields.length]).toEqual([200, 8 + 4 * 128]);
    const pe = new Uint8Array(64 + 24 + 40 * 200);
    setNumber(pe, 0, 2, 0x5a4dn);
    setNumber(pe, 0x3c, 4, 64n);
    setNumber(pe, 64, 4, 0x4550n);
    setNumber(pe, 70, 2, 65535n);
    const table = peLayout(pe) ?? expect.fail();
    // As many rows as there is room for.
    expect([table.rows.length, table.fields.length]).toEqual([200, 2 + 5 + 5 * 128]);
    expect(peLayout(pe.slice(0, -1))?.rows.length).toBe(199);
    expect(peLayout(pe.slice(0, 89))?.rows).toEqual([]);
    expect(peLayout(pe.slice(0, 88))).toBeUndefined();
  });
});
