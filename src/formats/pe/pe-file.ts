import { ByteReader, decoding, latin1 } from "#bytes/reader.ts";
import type { Malformed } from "#core/failure.ts";
import type { Result } from "#core/result.ts";
import type { PeCertificateTable, PeDataDirectory, PeFile, PeOptionalHeader, PeSection } from "./types.ts";

/** NumberOfSections has 16 bits. */
export const MAX_PE_SECTIONS = 0xffff;

const DOS_MAGIC = 0x5a4d;
const DOS_HEADER_SIZE = 64;
const PE_SIGNATURE = 0x00004550;
const COFF_HEADER_SIZE = 20;
const SECTION_HEADER_SIZE = 40;
const DIRECTORY_SIZE = 8;
const MAX_DIRECTORIES = 16;
const CERTIFICATE_DIRECTORY = 4;

/** The optional header's two shapes: PE32+ has no BaseOfData and wider ImageBase and stack and heap sizes. */
const SHAPES = {
  267: { format: "PE32", directoryCountAt: 92 },
  523: { format: "PE32+", directoryCountAt: 108 },
} as const;

export type DecodePeOptions = {
  /** Offset of the PE file in the outermost file, for failures. Default 0. */
  readonly base?: number;
};

/**
 * Decodes the headers of a PE32 or PE32+ image. Section data are views of min(VirtualSize,
 * SizeOfRawData) bytes, since what a section has beyond VirtualSize is only padding to the file alignment.
 *
 * Fails (`malformed`) on a header, section or certificate table that reaches outside the file, on no
 * section, and on alignments that are no powers of two. Sections may overlap.
 *
 * Source: Microsoft, "PE Format".
 */
export function decodePe(bytes: Uint8Array, options: DecodePeOptions = {}): Result<PeFile, Malformed> {
  return decoding(() => {
    const file = new ByteReader(bytes, { format: "PE", section: "DOS header", base: options.base ?? 0 });
    const signatureOffset = readDosHeader(file);

    // "PE\0\0", then: 04 Machine  06 NumberOfSections  14 SizeOfOptionalHeader  16 Characteristics
    const coff = partToEnd(file, "COFF header", signatureOffset, 4 + COFF_HEADER_SIZE);
    if (coff.u32(0) !== PE_SIGNATURE) coff.fail(0, "no PE signature");
    const count = coff.u16(6);
    if (count === 0) coff.fail(6, "NumberOfSections is 0");

    const optionalSize = coff.u16(20);
    const optionalOffset = signatureOffset + 4 + COFF_HEADER_SIZE;
    const optional = partToEnd(file, "optional header", optionalOffset, optionalSize);
    const shape = shapeOf(optional);
    const dataDirectories = readDirectories(optional, shape.directoryCountAt);

    const sectionTableOffset = optionalOffset + optionalSize;
    return {
      bytes,
      format: shape.format,
      signatureOffset,
      machine: coff.u16(4),
      characteristics: coff.u16(22),
      optionalHeader: readOptionalHeader(optional, shape.format, optionalOffset),
      dataDirectories,
      sectionTableOffset,
      sections: Array.from({ length: count }, (_, i) =>
        readSection(file, sectionTableOffset + i * SECTION_HEADER_SIZE, i),
      ),
      certificates: readCertificates(file, dataDirectories[CERTIFICATE_DIRECTORY]),
    };
  });
}

/** Whether a PE signature stands where a DOS header says; tells nothing about the rest. */
export function isPe(bytes: Uint8Array): boolean {
  if (bytes.length < DOS_HEADER_SIZE) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const at = view.getUint32(0x3c, true);
  return (
    view.getUint16(0, true) === DOS_MAGIC &&
    at <= bytes.length - 4 &&
    view.getUint32(at, true) === PE_SIGNATURE
  );
}

/** The first section with exactly this name. */
export function peSection(pe: PeFile, name: string): PeSection | undefined {
  return pe.sections.find((section) => section.name === name);
}

function readDosHeader(file: ByteReader): number {
  if (file.u16(0) !== DOS_MAGIC) file.fail(0, "no MZ magic");
  const offset = file.u32(0x3c);
  if (offset < DOS_HEADER_SIZE) file.fail(0x3c, `e_lfanew ${offset} points into the DOS header`);
  if (offset > file.length - 4) file.fail(0x3c, `e_lfanew ${offset} in a file of ${file.length} bytes`);
  return offset;
}

/** The named part, or as much of it as the file still has: reads past the end then fail under its name. */
function partToEnd(file: ByteReader, section: string, offset: number, length: number): ByteReader {
  const start = Math.min(offset, file.length);
  return file.part(section, start, Math.min(length, file.length - start));
}

function shapeOf(optional: ByteReader) {
  const magic = optional.u16(0);
  if (magic === 0x10b || magic === 0x20b) return SHAPES[magic];
  return optional.fail(0, `optional header magic 0x${magic.toString(16)}`);
}

/**
 *     10 AddressOfEntryPoint  18 ImageBase (PE32+: u64; PE32: u32 at 1c)  20 SectionAlignment
 *     24 FileAlignment  38 SizeOfImage  3c SizeOfHeaders  40 CheckSum  44 Subsystem
 */
function readOptionalHeader(
  optional: ByteReader,
  format: "PE32" | "PE32+",
  offset: number,
): PeOptionalHeader {
  return {
    offset,
    size: optional.length,
    entryPoint: optional.u32(0x10),
    imageBase: format === "PE32+" ? optional.u64(0x18) : BigInt(optional.u32(0x1c)),
    sectionAlignment: powerOfTwo(optional, 0x20, "SectionAlignment"),
    fileAlignment: powerOfTwo(optional, 0x24, "FileAlignment"),
    sizeOfImage: optional.u32(0x38),
    sizeOfHeaders: optional.u32(0x3c),
    checkSum: optional.u32(0x40),
    subsystem: optional.u16(0x44),
  };
}

function powerOfTwo(reader: ByteReader, offset: number, field: string): number {
  const value = reader.u32(offset);
  if (value === 0 || !Number.isInteger(Math.log2(value))) {
    reader.fail(offset, `${field} ${value} is no power of two`);
  }
  return value;
}

function readDirectories(optional: ByteReader, countAt: number): readonly PeDataDirectory[] {
  const count = optional.u32(countAt);
  if (count > MAX_DIRECTORIES) optional.fail(countAt, `NumberOfRvaAndSizes is ${count}`);
  return Array.from({ length: count }, (_, i) => ({
    virtualAddress: optional.u32(countAt + 4 + i * DIRECTORY_SIZE),
    size: optional.u32(countAt + 8 + i * DIRECTORY_SIZE),
  }));
}

/**
 *     00 Name[8]  08 VirtualSize  0c VirtualAddress  10 SizeOfRawData  14 PointerToRawData  24 Characteristics
 */
function readSection(file: ByteReader, at: number, index: number): PeSection {
  const raw = partToEnd(file, `section header ${index}`, at, SECTION_HEADER_SIZE);
  // All 8 bytes may be the name: there is then no NUL.
  const name = latin1(raw.slice(0, 8)).split("\0", 1)[0] ?? "";
  const virtualSize = raw.u32(0x08);
  const sizeOfRawData = raw.u32(0x10);
  const pointerToRawData = raw.u32(0x14);
  const characteristics = raw.u32(0x24);
  const size = Math.min(virtualSize, sizeOfRawData);
  if (size > 0 && (size > file.length || pointerToRawData > file.length - size)) {
    raw.fail(0x14, `${size} bytes of ${name} at ${pointerToRawData} of a file of ${file.length}`);
  }
  const data =
    size === 0 ? file.bytes.subarray(0, 0) : file.bytes.subarray(pointerToRawData, pointerToRawData + size);
  const virtualAddress = raw.u32(0x0c);
  return {
    index,
    name,
    virtualSize,
    virtualAddress,
    sizeOfRawData,
    pointerToRawData,
    characteristics,
    data,
  };
}

function readCertificates(
  file: ByteReader,
  directory: PeDataDirectory | undefined,
): PeCertificateTable | undefined {
  if (directory === undefined || directory.size === 0) return undefined;
  const { virtualAddress: offset, size } = directory;
  const table = new ByteReader(file.bytes, {
    format: file.format,
    section: "certificate table",
    base: file.base,
  });
  return { offset, data: table.slice(offset, size) };
}
