import type { ByteReader } from "#bytes/reader.ts";
import {
  EI_CLASS,
  EI_DATA,
  ELF64_HEADER_SIZE,
  ELF64_PROGRAM_HEADER_SIZE,
  ELF64_SECTION_HEADER_SIZE,
  PN_XNUM,
  SHN,
} from "./constants.ts";
import type { ElfHeader } from "./types.ts";

const MAGIC = 0x464c457f;

/** Kernels have some tens; objects with a section for each function, some ten thousand. */
export const MOST_SECTIONS = 0x10000;

/** Whether the bytes begin with ELF's magic number; four of them are enough. */
export function isElf(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;
}

/**
 * The byte order, from the identification bytes: what must be known before anything else can be read.
 * Fails on a file that is no ELF64 of version 1.
 */
export function readByteOrder(file: ByteReader): { readonly littleEndian: boolean } {
  if (file.u32(0) !== MAGIC) file.fail(0, "no ELF magic");
  const elfClass = file.u8(4);
  if (elfClass === EI_CLASS.ELF32) file.fail(4, "ELF32; only ELF64 is read");
  if (elfClass !== EI_CLASS.ELF64) file.fail(4, `unknown class ${elfClass}`);
  const order = file.u8(5);
  if (order !== EI_DATA.LSB && order !== EI_DATA.MSB) file.fail(5, `unknown byte order ${order}`);
  const version = file.u8(6);
  if (version !== 1) file.fail(6, `unknown version ${version}`);
  return { littleEndian: order === EI_DATA.LSB };
}

/**
 * ELF64 file header (gABI, figure 4-3):
 *
 *     00 e_ident[16]  10 e_type  12 e_machine  14 e_version  18 e_entry   20 e_phoff     28 e_shoff
 *     30 e_flags      34 e_ehsize  36 e_phentsize  38 e_phnum  3a e_shentsize  3c e_shnum  3e e_shstrndx
 *
 * A count that does not fit its 16 bits stands in section header 0: the number of sections in sh_size
 * (e_shnum is 0), the index of the names in sh_link (e_shstrndx is SHN_XINDEX), the number of program
 * headers in sh_info (e_phnum is PN_XNUM).
 *
 * @param file the whole file, with the byte order that `readByteOrder` found
 */
export function readHeader(file: ByteReader): ElfHeader {
  const header = file.part("file header", 0, Math.min(file.length, ELF64_HEADER_SIZE));
  const version = header.u32(0x14);
  if (version !== 1) header.fail(0x14, `e_version ${version}`);
  const headerSize = header.u16(0x34);
  if (headerSize < ELF64_HEADER_SIZE) header.fail(0x34, `e_ehsize ${headerSize}`);

  const programHeaderOffset = header.size64(0x20);
  const sectionHeaderOffset = header.size64(0x28);
  const shortPrograms = header.u16(0x38);
  const shortSections = header.u16(0x3c);
  const shortNames = header.u16(0x3e);

  if (shortPrograms !== 0 && header.u16(0x36) !== ELF64_PROGRAM_HEADER_SIZE) {
    header.fail(0x36, `e_phentsize ${header.u16(0x36)}, must be ${ELF64_PROGRAM_HEADER_SIZE}`);
  }
  if (sectionHeaderOffset === 0) {
    if (shortSections !== 0) header.fail(0x3c, `e_shnum ${shortSections} without a section header table`);
    if (shortNames !== SHN.UNDEF)
      header.fail(0x3e, `e_shstrndx ${shortNames} without a section header table`);
  } else if (header.u16(0x3a) !== ELF64_SECTION_HEADER_SIZE) {
    header.fail(0x3a, `e_shentsize ${header.u16(0x3a)}, must be ${ELF64_SECTION_HEADER_SIZE}`);
  }

  const short = { programs: shortPrograms, sections: shortSections, names: shortNames };
  if (sectionHeaderOffset === 0 && shortPrograms === PN_XNUM) {
    header.fail(0x38, "e_phnum is PN_XNUM without a section header table");
  }
  const counts = sectionHeaderOffset === 0 ? short : wholeCounts(file, header, sectionHeaderOffset, short);
  checkProgramRoom(file, header, programHeaderOffset, counts.programs);
  return {
    littleEndian: file.littleEndian,
    osAbi: header.u8(7),
    type: header.u16(0x10),
    machine: header.u16(0x12),
    entry: header.u64(0x18),
    flags: header.u32(0x30),
    programHeaderOffset,
    programHeaderCount: counts.programs,
    sectionHeaderOffset,
    sectionCount: counts.sections,
    sectionNamesIndex: counts.names,
  };
}

type Counts = { readonly programs: number; readonly sections: number; readonly names: number };

/** The counts with those that stand in section header 0, and room for them. */
function wholeCounts(
  file: ByteReader,
  header: ByteReader,
  sectionHeaderOffset: number,
  short: Counts,
): Counts {
  if (sectionHeaderOffset > file.length - ELF64_SECTION_HEADER_SIZE) {
    header.fail(0x28, `e_shoff ${sectionHeaderOffset} leaves no section header in ${file.length} bytes`);
  }
  const first = file.part("section header 0", sectionHeaderOffset, ELF64_SECTION_HEADER_SIZE);
  const counts = {
    programs: short.programs === PN_XNUM ? first.u32(0x2c) : short.programs,
    sections: short.sections === 0 ? first.size64(0x20) : short.sections,
    names: short.names === SHN.XINDEX ? first.u32(0x28) : short.names,
  };
  const room = Math.floor((file.length - sectionHeaderOffset) / ELF64_SECTION_HEADER_SIZE);
  if (counts.sections > room) {
    header.fail(0x3c, `${counts.sections} section headers at ${sectionHeaderOffset}, room for ${room}`);
  }
  if (counts.sections > MOST_SECTIONS) {
    header.fail(0x3c, `${counts.sections} section headers; at most ${MOST_SECTIONS} are read`);
  }
  if (counts.names !== SHN.UNDEF && counts.names >= counts.sections) {
    header.fail(0x3e, `e_shstrndx ${counts.names} of ${counts.sections} sections`);
  }
  return counts;
}

function checkProgramRoom(file: ByteReader, header: ByteReader, offset: number, count: number): void {
  if (count === 0) return;
  const room = Math.floor((file.length - offset) / ELF64_PROGRAM_HEADER_SIZE);
  if (count > room) {
    header.fail(0x20, `${count} program headers at ${offset}, room for ${Math.max(0, room)}`);
  }
}
