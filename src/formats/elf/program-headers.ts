import type { ByteReader } from "#bytes/reader.ts";
import { ELF64_PROGRAM_HEADER_SIZE } from "./constants.ts";
import type { ElfHeader, ElfProgramHeader } from "./types.ts";

/**
 * ELF64 program header (gABI, figure 5-1):
 *
 *     00 p_type  04 p_flags  08 p_offset  10 p_vaddr  18 p_paddr  20 p_filesz  28 p_memsz  30 p_align
 */
export function readProgramHeaders(file: ByteReader, header: ElfHeader): readonly ElfProgramHeader[] {
  return Array.from({ length: header.programHeaderCount }, (_, index) => {
    const at = header.programHeaderOffset + index * ELF64_PROGRAM_HEADER_SIZE;
    const raw = file.part(`program header ${index}`, at, ELF64_PROGRAM_HEADER_SIZE);
    const offset = raw.size64(0x08);
    const fileSize = raw.size64(0x20);
    if (fileSize > file.length || offset > file.length - fileSize) {
      raw.fail(0x08, `${fileSize} bytes at ${offset} of a file of ${file.length}`);
    }
    return {
      type: raw.u32(0x00),
      flags: raw.u32(0x04),
      offset,
      virtualAddress: raw.u64(0x10),
      physicalAddress: raw.u64(0x18),
      fileSize,
      memorySize: raw.size64(0x28),
      alignment: raw.u64(0x30),
      data: file.bytes.subarray(offset, offset + fileSize),
    };
  });
}
