import type { ByteReader } from "#bytes/reader.ts";
import { ELF64_SYMBOL_SIZE, SHN, SHT } from "./constants.ts";
import { checkStringTable, nameIs, readName } from "./string-table.ts";
import type { ElfSection, ElfSymbol } from "./types.ts";

/** A symbol table with the two sections that it needs, checked; its records are read on demand. */
export type SymbolTable = {
  readonly records: ByteReader;
  readonly names: ByteReader;
  /** SHT_SYMTAB_SHNDX: section numbers that do not fit st_shndx. */
  readonly extendedIndices: ByteReader | undefined;
  readonly count: number;
};

/** Opens `section` (SHT_SYMTAB or SHT_DYNSYM) of the file; sh_link names its string table. */
export function openSymbolTable(
  file: ByteReader,
  sections: readonly ElfSection[],
  section: ElfSection,
): SymbolTable {
  const records = file.part(`symbol table ${section.name}`, section.offset, section.size);
  if (section.entrySize !== ELF64_SYMBOL_SIZE) records.fail(0, `sh_entsize ${section.entrySize}`);
  if (section.size % ELF64_SYMBOL_SIZE !== 0) {
    records.fail(section.size, `${section.size} bytes are no whole number of symbols`);
  }
  const strings = sections[section.link];
  if (strings === undefined || strings.type !== SHT.STRTAB) {
    return records.fail(0, `sh_link ${section.link} is no string table`);
  }
  const names = file.part(`string table ${strings.name}`, strings.offset, strings.size);
  checkStringTable(names);
  const count = section.size / ELF64_SYMBOL_SIZE;
  const extended = sections.find((s) => s.type === SHT.SYMTAB_SHNDX && s.link === section.index);
  return {
    records,
    names,
    extendedIndices:
      extended && file.part(`extended indices ${extended.name}`, extended.offset, extended.size),
    count,
  };
}

/**
 * ELF64 symbol (gABI, figure 4-15): 00 st_name  04 st_info  05 st_other  06 st_shndx  08 st_value  10 st_size
 */
export function readSymbol(table: SymbolTable, index: number): ElfSymbol {
  const at = index * ELF64_SYMBOL_SIZE;
  const info = table.records.u8(at + 4);
  const shortSection = table.records.u16(at + 6);
  let sectionIndex = shortSection;
  if (shortSection === SHN.XINDEX) {
    if (table.extendedIndices === undefined) {
      table.records.fail(at + 6, `symbol ${index} needs a SHT_SYMTAB_SHNDX section`);
    }
    sectionIndex = table.extendedIndices.u32(index * 4);
  }
  return {
    index,
    name: readName(table.names, table.records.u32(at)),
    binding: info >>> 4,
    visibility: table.records.u8(at + 5) & 3,
    type: info & 0xf,
    sectionIndex,
    value: table.records.u64(at + 8),
    size: table.records.u64(at + 16),
  };
}

/** The symbols called exactly `name`, in the table's order, without a string for each symbol that is not. */
export function symbolsNamed(table: SymbolTable, name: string): readonly ElfSymbol[] {
  const wanted = Buffer.from(name, "latin1");
  const found: ElfSymbol[] = [];
  for (let index = 0; index < table.count; index++) {
    if (nameIs(table.names, table.records.u32(index * ELF64_SYMBOL_SIZE), wanted)) {
      found.push(readSymbol(table, index));
    }
  }
  return found;
}
