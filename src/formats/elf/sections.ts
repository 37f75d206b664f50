import type { ByteReader } from "#bytes/reader.ts";
import { ELF64_SECTION_HEADER_SIZE, SHN, SHT } from "./constants.ts";
import { checkStringTable, readName } from "./string-table.ts";
import type { ElfHeader, ElfSection } from "./types.ts";

const NO_BYTES = new Uint8Array(0);

/**
 * ELF64 section header (gABI, figure 4-8):
 *
 *     00 sh_name  04 sh_type  08 sh_flags  10 sh_addr  18 sh_offset
 *     20 sh_size  28 sh_link  2c sh_info   30 sh_addralign  38 sh_entsize
 */
function readSection(file: ByteReader, header: ElfHeader, index: number): Omit<ElfSection, "name"> {
  const at = header.sectionHeaderOffset + index * ELF64_SECTION_HEADER_SIZE;
  const raw = file.part(`section header ${index}`, at, ELF64_SECTION_HEADER_SIZE);
  const type = raw.u32(0x04);
  const bytesInFile = type !== SHT.NULL && type !== SHT.NOBITS;
  // Header 0 carries the extended numbers, and a NOBITS section only has an address: neither is a place in the file.
  const offset = bytesInFile ? raw.size64(0x18) : Number(raw.u64(0x18));
  const size = bytesInFile ? raw.size64(0x20) : Number(raw.u64(0x20));
  if (bytesInFile && (size > file.length || offset > file.length - size)) {
    raw.fail(0x18, `${size} bytes at ${offset} of a file of ${file.length}`);
  }
  return {
    index,
    type,
    flags: raw.u64(0x08),
    address: raw.u64(0x10),
    offset,
    size,
    link: raw.u32(0x28),
    info: raw.u32(0x2c),
    alignment: Number(raw.u64(0x30)),
    entrySize: Number(raw.u64(0x38)),
    data: bytesInFile ? file.bytes.subarray(offset, offset + size) : NO_BYTES,
  };
}

/** All sections with their names; every section that has bytes in the file lies inside it. */
export function readSections(file: ByteReader, header: ElfHeader): readonly ElfSection[] {
  const nameless = Array.from({ length: header.sectionCount }, (_, i) => readSection(file, header, i));
  if (header.sectionNamesIndex === SHN.UNDEF) return nameless.map((section) => ({ ...section, name: "" }));

  const table = nameless[header.sectionNamesIndex];
  if (table === undefined || table.type !== SHT.STRTAB) {
    return file.fail(0x3e, `e_shstrndx ${header.sectionNamesIndex} is no string table`);
  }
  const names = file.part("section name table", table.offset, table.size);
  checkStringTable(names);
  return nameless.map((section) => {
    const at = header.sectionHeaderOffset + section.index * ELF64_SECTION_HEADER_SIZE;
    return { ...section, name: readName(names, file.u32(at)) };
  });
}
