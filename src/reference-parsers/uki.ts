import type { Command } from "#abi/command.ts";
import { ByteReader, decoding, latin1 } from "#bytes/reader.ts";
import type { Result } from "#core/result.ts";
import type { ReferenceInput } from "./input.ts";
import { type FoundPart, type Parts, partOf, streamOf, withoutFlag } from "./parts.ts";

const SIGNATURE_AND_COFF_BYTES = 24;
const MAGIC_BYTES = 2;
const SECTION_HEADER_BYTES = 40;
const OPTIONAL_MAGICS: readonly number[] = [0x10b, 0x20b];

/**
 * The stream of a unified kernel image: COPY/KERNEL (v7: FILL), COPY/INITRD, COPY/CMDLINE of profile @0 over the
 * base.
 *
 *     DOS header      00 "MZ"  3c u32 offset of the signature
 *     from there      00 "PE\0\0"  06 u16 sections  14 u16 size of the optional header  18 u16 its magic
 *     section header  00 name[8]  08 u32 VirtualSize  10 u32 SizeOfRawData  14 u32 PointerToRawData
 *
 * Errors: `malformed` by rule 5 of docs/spec.md, "What a parser emits"; `size-exceeded` for a part larger than its
 * record.
 *
 * Source: Microsoft, "PE Format"; UAPI.5 Unified Kernel Image.
 */
export function parseUki(input: ReferenceInput): Result<readonly Command[]> {
  const parts = decoding(() => readParts(input.image));
  const pipeline = input.revision === "v7" ? "FILL" : undefined;
  return parts.ok ? streamOf(parts.value, { ...withoutFlag("COPY"), pipeline }, input) : parts;
}

function readParts(image: Uint8Array): Parts {
  const file = new ByteReader(image, { format: "UKI", section: "DOS header" });
  const { table, sections } = sectionTable(file);
  const [base, first] = splitAtProfiles(sections);

  const find = (name: string): FoundPart | undefined => {
    const section = first?.find((s) => s.name === name) ?? base.find((s) => s.name === name);
    return section && dataOf(file, section.header);
  };
  // All three before any judgement on one: a fault in any refuses the image.
  const [kernel, initrd, cmdline] = [find(".linux"), find(".initrd"), find(".cmdline")];
  if (kernel === undefined) return table.fail(0, "profile @0 has no .linux");
  if (kernel.bytes.length === 0)
    return table.fail(kernel.offset - table.base, "profile @0 has an empty .linux");
  return { kernel, initrd, cmdline };
}

type Section = { readonly name: string; readonly header: ByteReader };

function sectionTable(file: ByteReader): { table: ByteReader; sections: readonly Section[] } {
  if (latin1(file.slice(0, 2)) !== "MZ") file.fail(0, "no MZ magic");
  const start = file.u32(0x3c);
  if (start > file.length - (SIGNATURE_AND_COFF_BYTES + MAGIC_BYTES)) {
    file.fail(0x3c, `e_lfanew ${start} leaves no PE header in ${file.length} bytes`);
  }
  const pe = file.part("PE header", start, SIGNATURE_AND_COFF_BYTES + MAGIC_BYTES);
  if (latin1(pe.slice(0, 4)) !== "PE\0\0") pe.fail(0, "no PE signature");
  const magic = pe.u16(0x18);
  if (!OPTIONAL_MAGICS.includes(magic)) pe.fail(0x18, `optional header magic 0x${magic.toString(16)}`);
  const count = pe.u16(0x06);
  if (count === 0) pe.fail(0x06, "NumberOfSections is 0");

  const at = start + SIGNATURE_AND_COFF_BYTES + pe.u16(0x14);
  if (at + count * SECTION_HEADER_BYTES > file.length) {
    pe.fail(0x14, `${count} section headers at ${at} of ${file.length}`);
  }
  return {
    table: file.part("section table", at, count * SECTION_HEADER_BYTES),
    sections: Array.from({ length: count }, (_, i) => {
      const header = file.part(`section header ${i}`, at + i * SECTION_HEADER_BYTES, SECTION_HEADER_BYTES);
      return { name: nameOf(header), header };
    }),
  };
}

/** The base and profile @0, which the second `.profile` ends; other profiles are not looked at. */
function splitAtProfiles(
  sections: readonly Section[],
): readonly [base: readonly Section[], first: readonly Section[] | undefined] {
  const [start, end] = sections.flatMap(({ name }, i) => (name === ".profile" ? [i] : []));
  return start === undefined ? [sections, undefined] : [sections.slice(0, start), sections.slice(start, end)];
}

/** Eight bytes, padded with NULs; without one when all are used. */
function nameOf(header: ByteReader): string {
  return latin1(header.slice(0, 8)).replace(/\0+$/, "");
}

function dataOf(file: ByteReader, header: ByteReader): FoundPart {
  const [virtual, raw] = [header.u32(0x08), header.u32(0x10)];
  return partOf(file, header, {
    offset: BigInt(header.u32(0x14)),
    size: BigInt(Math.min(virtual, raw)),
    offsetAt: 0x14,
    sizeAt: virtual < raw ? 0x08 : 0x10,
  });
}
