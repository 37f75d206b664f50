import { ByteReader, decoding, latin1 } from "#bytes/reader.ts";
import type { Malformed } from "#core/failure.ts";
import type { Result } from "#core/result.ts";
import { EI_CLASS, EI_DATA, ELF64_SECTION_HEADER_SIZE, SHT } from "#formats/elf/constants.ts";
import { ENVELOPE_SECTIONS, type Envelope, type EnvelopePart, type EnvelopeSectionName } from "./types.ts";

const ELF_MAGIC = 0x464c457f;
const ELF_HEADER_SIZE = 64;
/** The null section and the names at least; SHN_LORESERVE and what is above it is not a number of sections. */
const MIN_SECTIONS = 2;
const MAX_SECTIONS = 0xfeff;
const LONGEST_NAME = Math.max(...ENVELOPE_SECTIONS.map((name) => name.length));

/**
 * Decodes the ELF envelope of the series' v7 by the rules that its parsers are held to: ELF64, little-endian; e_shentsize 64;
 * 2 to 65279 sections; e_shstrndx one of them and not 0; section names inside the file, the last byte a NUL, every name inside them;
 * `.kernel`, `.initrd` and `.cmdline` compared whole, PROGBITS, inside the file unless empty, at most one of each; `.kernel` there and not
 * empty. Other sections, program headers and the numbers of the header that locate nothing are not looked at, since the
 * kernel's parser does not either.
 *
 * @param options.base offset of the envelope in the outermost file, for failures and parts
 *
 * Source: docs/spec.md, "What a parser emits", rule 4.
 */
export function decodeEnvelope(
  bytes: Uint8Array,
  options: { readonly base?: number } = {},
): Result<Envelope, Malformed> {
  return decoding(() => {
    const base = options.base ?? 0;
    const file = new ByteReader(bytes, { format: "envelope", section: "file header", base });
    const header = file.part("file header", 0, Math.min(bytes.length, ELF_HEADER_SIZE));
    const table = readTable(file, header);
    const names = readNames(file, header, table);
    const parts = new Map<EnvelopeSectionName, EnvelopePart>();
    for (let index = 1; index * ELF64_SECTION_HEADER_SIZE < table.length; index++) {
      const section = sectionHeader(table, index);
      const name = knownName(names, section);
      if (name === undefined) continue;
      if (parts.has(name)) section.fail(0x00, `second section ${name}`);
      parts.set(name, readPart(file, section, name));
    }
    const kernel = parts.get(".kernel");
    if (kernel === undefined) return table.fail(0, "no section .kernel");
    if (kernel.data.length === 0) return table.fail(0, "section .kernel is empty");
    return {
      machine: header.u16(0x12),
      kernel,
      initrd: unlessEmpty(parts.get(".initrd")),
      cmdline: unlessEmpty(parts.get(".cmdline")),
    };
  });
}

/** The section header table, once the header's own fields are found sane. */
function readTable(file: ByteReader, header: ByteReader): ByteReader {
  if (header.u32(0) !== ELF_MAGIC) header.fail(0, "no ELF magic");
  if (header.u8(4) !== EI_CLASS.ELF64) header.fail(4, `class ${header.u8(4)}, must be ELF64`);
  if (header.u8(5) !== EI_DATA.LSB) header.fail(5, `byte order ${header.u8(5)}, must be little-endian`);
  const entrySize = header.u16(0x3a);
  if (entrySize !== ELF64_SECTION_HEADER_SIZE) {
    header.fail(0x3a, `e_shentsize ${entrySize}, must be ${ELF64_SECTION_HEADER_SIZE}`);
  }
  const count = header.u16(0x3c);
  if (count < MIN_SECTIONS || count > MAX_SECTIONS) {
    header.fail(0x3c, `e_shnum ${count}, must be ${MIN_SECTIONS} to ${MAX_SECTIONS}`);
  }
  const names = header.u16(0x3e);
  if (names === 0 || names >= count) header.fail(0x3e, `e_shstrndx ${names} of ${count} sections`);
  const offset = header.size64(0x28);
  const size = count * ELF64_SECTION_HEADER_SIZE;
  if (offset > file.length - size) {
    header.fail(0x28, `${count} section headers at ${offset} of a file of ${file.length}`);
  }
  return file.part("section header table", offset, size);
}

function sectionHeader(table: ByteReader, index: number): ByteReader {
  const at = index * ELF64_SECTION_HEADER_SIZE;
  return table.part(`section header ${index}`, at, ELF64_SECTION_HEADER_SIZE);
}

function readNames(file: ByteReader, header: ByteReader, table: ByteReader): ByteReader {
  const section = sectionHeader(table, header.u16(0x3e));
  const { offset, size } = extent(file, section, "section names");
  if (size === 0) section.fail(0x20, "section names are empty");
  const names = file.part("section names", offset, size);
  if (names.u8(size - 1) !== 0) names.fail(size - 1, "section names do not end with a NUL");
  return names;
}

/** The part that the section's whole name stands for. */
function knownName(names: ByteReader, section: ByteReader): EnvelopeSectionName | undefined {
  const start = section.u32(0x00);
  if (start >= names.length) section.fail(0x00, `name at ${start} of ${names.length} bytes of names`);
  // The longest name and its NUL are all that a comparison needs.
  const text = latin1(names.bytes.subarray(start, start + LONGEST_NAME + 1));
  return ENVELOPE_SECTIONS.find((name) => text.startsWith(`${name}\0`));
}

function readPart(file: ByteReader, section: ByteReader, name: string): EnvelopePart {
  const type = section.u32(0x04);
  if (type !== SHT.PROGBITS) section.fail(0x04, `${name} has type ${type}, must be PROGBITS`);
  const { offset, size } = extent(file, section, name);
  return { data: file.bytes.subarray(offset, offset + size), offset: file.base + offset };
}

/** Where a section's bytes are; an empty section may claim to be anywhere. */
function extent(file: ByteReader, section: ByteReader, name: string) {
  const size = section.u64(0x20);
  if (size === 0n) return { offset: 0, size: 0 };
  const offset = section.u64(0x18);
  if (offset + size > BigInt(file.length)) {
    section.fail(0x18, `${size} bytes of ${name} at ${offset} of a file of ${file.length}`);
  }
  return { offset: Number(offset), size: Number(size) };
}

function unlessEmpty(part: EnvelopePart | undefined): EnvelopePart | undefined {
  return part === undefined || part.data.length === 0 ? undefined : part;
}
