import { ByteReader, decoding } from "#bytes/reader.ts";
import type { Malformed } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { SHT } from "./constants.ts";
import { readByteOrder, readHeader } from "./header.ts";
import { readProgramHeaders } from "./program-headers.ts";
import { readSections } from "./sections.ts";
import { openSymbolTable, readSymbol, symbolsNamed } from "./symbols.ts";
import type { ElfHeader, ElfProgramHeader, ElfSection, ElfSymbol } from "./types.ts";

export type DecodeElfOptions = {
  /** Offset of the ELF file in the outermost file, for failures. Default 0. */
  readonly base?: number;
};

/**
 * Decodes an ELF64 file of either byte order. Only headers and name tables are read, so a kernel of
 * hundreds of megabytes costs no more than its tables; section data are views.
 *
 * Fails (`malformed`) on ELF32, on tables or sections that reach outside the file, and on names
 * outside their table. Sections may overlap: linkers and `objcopy` make such files.
 *
 * Source: System V gABI, chapters 4 and 5.
 */
export function decodeElf(bytes: Uint8Array, options: DecodeElfOptions = {}): Result<ElfFile, Malformed> {
  return decoding(() => {
    const base = options.base ?? 0;
    const order = readByteOrder(new ByteReader(bytes, { format: "ELF", section: "file header", base }));
    const file = new ByteReader(bytes, { format: "ELF", section: "file header", base, ...order });
    const header = readHeader(file);
    return new ElfFile(file, header, readSections(file, header), readProgramHeaders(file, header));
  });
}

/** A decoded ELF file; its parts are views into the bytes that it was decoded from. */
export class ElfFile {
  readonly bytes: Uint8Array;
  readonly header: ElfHeader;
  readonly sections: readonly ElfSection[];
  readonly programHeaders: readonly ElfProgramHeader[];
  readonly #file: ByteReader;

  constructor(
    file: ByteReader,
    header: ElfHeader,
    sections: readonly ElfSection[],
    programHeaders: readonly ElfProgramHeader[],
  ) {
    this.#file = file;
    this.bytes = file.bytes;
    this.header = header;
    this.sections = sections;
    this.programHeaders = programHeaders;
  }

  /** The first section with exactly this name. */
  section(name: string): ElfSection | undefined {
    return this.sections.find((section) => section.index !== 0 && section.name === name);
  }

  /** Every section with exactly this name, in the table's order. */
  sectionsNamed(name: string): readonly ElfSection[] {
    return this.sections.filter((section) => section.index !== 0 && section.name === name);
  }

  /** The bytes of the first section with this name, as a view; fails if there is none, or none in the file. */
  sectionData(name: string): Result<Uint8Array, Malformed> {
    const section = this.section(name);
    if (section === undefined) return err(this.#missing(`no section ${name}`));
    if (section.type === SHT.NOBITS) return err(this.#missing(`section ${name} has no bytes in the file`));
    return ok(section.data);
  }

  /** All symbols of SHT_SYMTAB, in the table's order, the null symbol included; none if there is no table. */
  symbols(): Result<readonly ElfSymbol[], Malformed> {
    return decoding(() => {
      const table = this.#symbolTable();
      return table === undefined ? [] : Array.from({ length: table.count }, (_, i) => readSymbol(table, i));
    });
  }

  /** The symbols called exactly `name`; cheap on a kernel with its hundreds of thousands of symbols. */
  symbolsNamed(name: string): Result<readonly ElfSymbol[], Malformed> {
    return decoding(() => {
      const table = this.#symbolTable();
      return table === undefined ? [] : symbolsNamed(table, name);
    });
  }

  /** Offset in the outermost file of a byte of this ELF file, for failures about its content. */
  outermostOffset(offset: number): number {
    return this.#file.base + offset;
  }

  #symbolTable() {
    const section = this.sections.find((s) => s.type === SHT.SYMTAB);
    return section && openSymbolTable(this.#file, this.sections, section);
  }

  #missing(detail: string): Malformed {
    const offset = this.outermostOffset(this.header.sectionHeaderOffset);
    return { reason: "malformed", format: "ELF", section: "section header table", offset, detail };
  }
}
