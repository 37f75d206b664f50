import { alignUp } from "#bytes/align.ts";
import { ByteWriter } from "#bytes/writer.ts";
import { MAX_PE_SECTIONS } from "./pe-file.ts";

/** Section characteristics (Microsoft, "PE Format", "Section Flags"). */
export const PE_SECTION_FLAGS = {
  CODE: 0x20,
  INITIALIZED_DATA: 0x40,
  EXECUTE: 0x2000_0000,
  READ: 0x4000_0000,
  WRITE: 0x8000_0000,
} as const;

export type PeSectionInput = {
  /** 1 to 8 characters of Latin-1. */
  readonly name: string;
  readonly data: Uint8Array;
  /** Default: initialised data that can be read. */
  readonly characteristics?: number;
  /** Default: the data's length. */
  readonly virtualSize?: number;
};

export type PeInput = {
  /** IMAGE_FILE_MACHINE_…, see `PE_MACHINE`. */
  readonly machine: number;
  readonly sections: readonly PeSectionInput[];
  /** What stands before the PE signature, at least 64 bytes; e_magic and e_lfanew are written over it. */
  readonly dosHeader?: Uint8Array;
  /** Index of the section whose first byte is the entry point. Default: none, AddressOfEntryPoint is 0. */
  readonly entrySection?: number;
  /** Powers of two. Defaults 0x1000 and 0x200. */
  readonly sectionAlignment?: number;
  readonly fileAlignment?: number;
  /** The certificate table's content, put at the end of the file. */
  readonly certificates?: Uint8Array;
};

const DOS_HEADER_SIZE = 64;
const COFF_SIZE = 24;
const DIRECTORIES = 6;
const OPTIONAL_SIZE = 112 + DIRECTORIES * 8;
const SECTION_SIZE = 40;
/** Executable image, line numbers and debug information stripped. */
const CHARACTERISTICS = 0x0206;
const PE32_PLUS = 0x20b;
const EFI_APPLICATION = 10;

/**
 * Writes a PE32+ EFI application: headers, then the sections in the order given, each at the next multiple
 * of both alignments, zeros between. Two such calls with the same arguments give the same bytes.
 *
 * @throws on a section name that does not fit, on no section or more than 65535
 *
 * Source: Microsoft, "PE Format".
 */
export function encodePe(input: PeInput): Uint8Array {
  const { sections, certificates } = input;
  if (sections.length === 0 || sections.length > MAX_PE_SECTIONS)
    throw new RangeError(`${sections.length} sections`);
  const bad = sections.find(({ name }) => name.length === 0 || name.length > 8);
  if (bad !== undefined) throw new RangeError(`section name ${JSON.stringify(bad.name)}`);
  const sectionAlignment = input.sectionAlignment ?? 0x1000;
  const fileAlignment = input.fileAlignment ?? 0x200;

  const signatureAt = alignUp(Math.max(DOS_HEADER_SIZE, input.dosHeader?.length ?? 0), 8);
  const tableAt = signatureAt + COFF_SIZE + OPTIONAL_SIZE;
  const sizeOfHeaders = alignUp(tableAt + sections.length * SECTION_SIZE, fileAlignment);
  const { places, fileEnd, imageEnd } = layout(sections, sizeOfHeaders, sectionAlignment, fileAlignment);
  const certificatesAt = alignUp(fileEnd, 8);
  const size = certificates === undefined ? fileEnd : certificatesAt + certificates.length;

  const out = new ByteWriter(size);
  out
    .put(0, input.dosHeader ?? new Uint8Array(0))
    .u16(0, 0x5a4d)
    .u32(0x3c, signatureAt);
  out
    .u32(signatureAt, 0x00004550)
    .u16(signatureAt + 4, input.machine)
    .u16(signatureAt + 6, sections.length)
    .u16(signatureAt + 20, OPTIONAL_SIZE)
    .u16(signatureAt + 22, CHARACTERISTICS);
  const optional = signatureAt + COFF_SIZE;
  out
    .u16(optional, PE32_PLUS)
    .u32(optional + 0x10, input.entrySection === undefined ? 0 : (places[input.entrySection]?.address ?? 0))
    .u32(optional + 0x20, sectionAlignment)
    .u32(optional + 0x24, fileAlignment)
    .u32(optional + 0x38, imageEnd)
    .u32(optional + 0x3c, sizeOfHeaders)
    .u16(optional + 0x44, EFI_APPLICATION)
    .u32(optional + 0x6c, DIRECTORIES);
  if (certificates !== undefined) {
    out.u32(optional + 0x70 + 4 * 8, certificatesAt).u32(optional + 0x74 + 4 * 8, certificates.length);
    out.put(certificatesAt, certificates);
  }
  places.forEach(({ section, offset, address, rawSize }, i) => {
    writeSectionHeader(out, tableAt + i * SECTION_SIZE, section, { offset, address, rawSize });
    out.put(offset, section.data);
  });
  return out.bytes;
}

function layout(
  sections: readonly PeSectionInput[],
  sizeOfHeaders: number,
  sectionAlignment: number,
  fileAlignment: number,
) {
  let offset = sizeOfHeaders;
  let address = alignUp(sizeOfHeaders, sectionAlignment);
  const places = sections.map((section) => {
    const rawSize = alignUp(section.data.length, fileAlignment);
    const place = { section, offset, address, rawSize };
    offset += rawSize;
    // An empty section has an address of its own all the same: loaders refuse two at one.
    address = alignUp(address + Math.max(1, section.virtualSize ?? section.data.length), sectionAlignment);
    return place;
  });
  return { places, fileEnd: offset, imageEnd: address };
}

function writeSectionHeader(
  out: ByteWriter,
  at: number,
  section: PeSectionInput,
  place: { readonly offset: number; readonly address: number; readonly rawSize: number },
): void {
  out
    .put(at, Buffer.from(section.name, "latin1"))
    .u32(at + 0x08, section.virtualSize ?? section.data.length)
    .u32(at + 0x0c, place.address)
    .u32(at + 0x10, place.rawSize)
    .u32(at + 0x14, place.rawSize === 0 ? 0 : place.offset)
    .u32(at + 0x24, section.characteristics ?? PE_SECTION_FLAGS.INITIALIZED_DATA + PE_SECTION_FLAGS.READ);
}
