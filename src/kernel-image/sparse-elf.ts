import { ByteReader, decoding } from "#bytes/reader.ts";
import { inFile, type Malformed } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { type SparseFile, withSparseFile } from "#files/sparse-file.ts";
import {
  ELF64_HEADER_SIZE,
  ELF64_PROGRAM_HEADER_SIZE,
  ELF64_SECTION_HEADER_SIZE,
} from "#formats/elf/constants.ts";
import { decodeElf, type ElfFile } from "#formats/elf/elf-file.ts";
import { readByteOrder, readHeader } from "#formats/elf/header.ts";

/**
 * Reads sections of an ELF file without reading the rest: a kernel's vmlinux has hundreds of
 * megabytes of debug information.
 *
 * @returns each section's bytes, `undefined` where the file has no such section
 */
export function readElfSections(
  file: string,
  names: readonly string[],
): Promise<Result<readonly (Uint8Array | undefined)[]>> {
  return withSparseFile(file, async (sparse) => {
    const elf = decodeSparseElf(sparse);
    if (!elf.ok) return err(inFile(elf.failure, file));
    return ok(
      names.map((name) => {
        const section = elf.value.section(name);
        if (section !== undefined) sparse.fill(section.offset, section.size);
        return section?.data;
      }),
    );
  });
}

/** Decodes an ELF file of which only headers and section names have been read. */
export function decodeSparseElf(sparse: SparseFile): Result<ElfFile, Malformed> {
  sparse.fill(0, ELF64_HEADER_SIZE);
  const opened = decoding(() => {
    const order = readByteOrder(new ByteReader(sparse.bytes, { format: "ELF", section: "file header" }));
    const file = new ByteReader(sparse.bytes, { format: "ELF", section: "file header", ...order });
    return { file, table: file.size64(0x28) };
  });
  if (!opened.ok) return opened;
  const { file, table } = opened.value;
  // Section header 0 has the numbers that are too large for the file header.
  sparse.fill(table, ELF64_SECTION_HEADER_SIZE);
  const header = decoding(() => readHeader(file));
  if (!header.ok) return header;
  const { sectionCount, sectionNamesIndex, programHeaderOffset, programHeaderCount } = header.value;
  sparse.fill(programHeaderOffset, programHeaderCount * ELF64_PROGRAM_HEADER_SIZE);
  sparse.fill(table, sectionCount * ELF64_SECTION_HEADER_SIZE);
  const place = decoding(() => {
    const at = table + sectionNamesIndex * ELF64_SECTION_HEADER_SIZE;
    return { offset: file.size64(at + 0x18), length: file.size64(at + 0x20) };
  });
  // Where the names are out of reach, the decoder says so.
  if (place.ok) sparse.fill(place.value.offset, place.value.length);
  return decodeElf(sparse.bytes);
}
