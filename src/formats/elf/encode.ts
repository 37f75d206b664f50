import { alignUp } from "#bytes/align.ts";
import { ByteWriter } from "#bytes/writer.ts";
import { ELF64_HEADER_SIZE, ELF64_SECTION_HEADER_SIZE, SHN, SHT } from "./constants.ts";

export type SectionInput = {
  readonly name: string;
  /** SHT_PROGBITS, … (not SHT_NOBITS: every section written here has its bytes in the file). */
  readonly type: number;
  /** SHF_ALLOC, … Default 0. */
  readonly flags?: bigint;
  /** sh_addralign, a power of two. Default 1. */
  readonly align?: number;
  /** Alignment of the data in the file, where that is not sh_addralign. */
  readonly fileAlign?: number;
  readonly data: Uint8Array;
  /** sh_link: sections are numbered from 1 in the order given. Default 0. */
  readonly link?: number;
  readonly info?: number;
  readonly entsize?: number;
};

export type ElfInput = {
  /** ET_REL, ET_EXEC, … */
  readonly type: number;
  /** EM_AARCH64, … */
  readonly machine: number;
  /** e_flags. Default 0. */
  readonly flags?: number;
  /** The null section and `.shstrtab` (which comes last) are added. */
  readonly sections: readonly SectionInput[];
  /**
   * Where the section header table stands: straight behind the file header, so that the first section's
   * data can begin behind the table at a place known beforehand, or after all data (aligned to 8), as
   * assemblers write it. Default `headers-last`.
   */
  readonly layout?: "headers-first" | "headers-last";
  /** Alignment of `.shstrtab` in the file. Default 1. */
  readonly sectionNamesFileAlign?: number;
};

/**
 * Writes a little-endian ELF64 file without program headers. Data stand in the order given, each at the
 * next multiple of its alignment in the file; gaps are zero bytes.
 *
 * @throws if there are more sections than e_shnum can count: no caller has a use for that many
 *
 * Source: System V gABI, chapter 4.
 */
export function encodeElf(input: ElfInput): Uint8Array {
  const names = stringTable([...input.sections.map((section) => section.name), ".shstrtab"]);
  const sections: readonly SectionInput[] = [
    ...input.sections,
    {
      name: ".shstrtab",
      type: SHT.STRTAB,
      data: names.bytes,
      fileAlign: input.sectionNamesFileAlign ?? 1,
    },
  ];
  const count = sections.length + 1;
  if (count >= SHN.LORESERVE) throw new RangeError(`${count} sections`);

  const tableSize = count * ELF64_SECTION_HEADER_SIZE;
  const headersFirst = input.layout === "headers-first";
  let end = headersFirst ? ELF64_HEADER_SIZE + tableSize : ELF64_HEADER_SIZE;
  const offsets = sections.map((section) => {
    const offset = alignUp(end, section.fileAlign ?? section.align ?? 1);
    end = offset + section.data.length;
    return offset;
  });
  const tableOffset = headersFirst ? ELF64_HEADER_SIZE : alignUp(end, 8);
  const out = new ByteWriter(headersFirst ? end : tableOffset + tableSize);

  writeHeader(out, input, tableOffset, count);
  sections.forEach((section, i) => {
    const at = tableOffset + (i + 1) * ELF64_SECTION_HEADER_SIZE;
    const offset = offsets[i] ?? 0;
    writeSectionHeader(out, at, section, names.offsets[i] ?? 0, offset);
    out.put(offset, section.data);
  });
  return out.bytes;
}

function writeHeader(out: ByteWriter, input: ElfInput, tableOffset: number, count: number): void {
  out
    .put(0, Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1))
    .u16(0x10, input.type)
    .u16(0x12, input.machine)
    .u32(0x14, 1)
    .u64(0x28, tableOffset)
    .u32(0x30, input.flags ?? 0)
    .u16(0x34, ELF64_HEADER_SIZE)
    .u16(0x3a, ELF64_SECTION_HEADER_SIZE)
    .u16(0x3c, count)
    .u16(0x3e, count - 1);
}

function writeSectionHeader(
  out: ByteWriter,
  at: number,
  section: SectionInput,
  nameOffset: number,
  offset: number,
): void {
  out
    .u32(at, nameOffset)
    .u32(at + 0x04, section.type)
    .u64(at + 0x08, Number(section.flags ?? 0n))
    .u64(at + 0x18, offset)
    .u64(at + 0x20, section.data.length)
    .u32(at + 0x28, section.link ?? 0)
    .u32(at + 0x2c, section.info ?? 0)
    .u64(at + 0x30, section.align ?? 1)
    .u64(at + 0x38, section.entsize ?? 0);
}

/** A string table with each name in the order given, behind the empty name at offset 0; no tails are shared. */
export function stringTable(names: readonly string[]): {
  readonly bytes: Uint8Array;
  readonly offsets: readonly number[];
} {
  let end = 1;
  const offsets = names.map((name) => {
    const offset = end;
    end += name.length + 1;
    return offset;
  });
  return { bytes: Buffer.from(`\0${names.map((name) => `${name}\0`).join("")}`, "latin1"), offsets };
}
