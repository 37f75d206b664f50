import { alignUp } from "#bytes/align.ts";
import { ByteWriter } from "#bytes/writer.ts";
import { PE_SECTION_FLAGS } from "./encode.ts";
import type { PeFile, PeSection } from "./types.ts";

export type AddedSection = {
  /** 1 to 8 characters of Latin-1. */
  readonly name: string;
  /** Bytes; VirtualSize is the same, SizeOfRawData is rounded up to FileAlignment. */
  readonly size: number;
  readonly characteristics: number;
};

export const SECTION_SIZE = 40;
const CERTIFICATE_DIRECTORY = 4;
const LARGEST = 2 ** 32 - 1;

export type MovedHeaders = {
  /** Where section data begin in the old file, and by how much they move. */
  readonly firstData: number;
  readonly shift: number;
  /** Where what is taken of the old file ends. */
  readonly bodyEnd: number;
  /** The section whose SizeOfRawData grows to what alignment asks for. */
  readonly filled: { readonly index: number; readonly sizeOfRawData: number } | undefined;
  /** Where the string table stands in the new file, if it is kept without symbols. */
  readonly strings: number | undefined;
  readonly sizeOfHeaders: number;
  /** SizeOfImage. */
  readonly imageEnd: number;
  /** Of the added sections. */
  readonly addresses: readonly number[];
  readonly offsets: readonly number[];
  readonly certificates: { readonly offset: number; readonly size: number } | undefined;
};

/** The bytes before the first section's data: the old ones with what has changed in them, and the room that was made. */
export function writeHeaders(
  pe: PeFile,
  kept: readonly PeSection[],
  added: readonly AddedSection[],
  layout: MovedHeaders,
): Uint8Array {
  const { firstData, shift, imageEnd, certificates } = layout;
  const { offset: optional, fileAlignment } = pe.optionalHeader;
  const table = pe.sectionTableOffset;
  const view = new DataView(pe.bytes.buffer, pe.bytes.byteOffset, pe.bytes.byteLength);
  const moved = (offset: number): number => (offset >= firstData ? offset + shift : offset);
  const out = new ByteWriter(firstData + shift).put(0, pe.bytes.subarray(0, firstData));

  const symbols = view.getUint32(pe.signatureOffset + 12, true);
  const data = added.filter(({ characteristics }) => characteristics & PE_SECTION_FLAGS.INITIALIZED_DATA);
  const initialized = data.reduce((sum, { size }) => sum + alignUp(size, fileAlignment), 0);
  out
    .u16(pe.signatureOffset + 6, kept.length + added.length)
    .u32(optional + 0x08, Math.min(LARGEST, view.getUint32(optional + 0x08, true) + initialized))
    .u32(optional + 0x38, imageEnd)
    .u32(optional + 0x3c, layout.sizeOfHeaders)
    .u32(optional + 0x40, 0);
  // Readers find the string table behind the symbols, be they none; of symbols that are not taken along nothing must speak.
  if (layout.strings !== undefined) {
    out.u32(pe.signatureOffset + 12, layout.strings).u32(pe.signatureOffset + 16, 0);
  } else if (symbols < layout.bodyEnd) out.u32(pe.signatureOffset + 12, symbols === 0 ? 0 : moved(symbols));
  else out.u32(pe.signatureOffset + 12, 0).u32(pe.signatureOffset + 16, 0);
  if (pe.dataDirectories.length > CERTIFICATE_DIRECTORY) {
    const directory = optional + (pe.format === "PE32+" ? 112 : 96) + CERTIFICATE_DIRECTORY * 8;
    out.u32(directory, certificates?.offset ?? 0);
    out.u32(directory + 4, certificates?.size ?? 0);
  }
  out.put(table, new Uint8Array(Math.max(kept.length + added.length, pe.sections.length) * SECTION_SIZE));
  kept.forEach((section, i) => {
    const old = table + section.index * SECTION_SIZE;
    const at = table + i * SECTION_SIZE;
    out.put(at, pe.bytes.subarray(old, old + SECTION_SIZE));
    if (layout.filled?.index === section.index) out.u32(at + 0x10, layout.filled.sizeOfRawData);
    // PointerToRawData, PointerToRelocations, PointerToLinenumbers
    for (const field of [0x14, 0x18, 0x1c]) {
      const offset = view.getUint32(old + field, true);
      if (offset !== 0) out.u32(at + field, moved(offset));
    }
  });
  added.forEach(({ name, size, characteristics }, i) => {
    const at = table + (kept.length + i) * SECTION_SIZE;
    out
      .put(at, Buffer.from(name, "latin1"))
      .u32(at + 0x08, size)
      .u32(at + 0x0c, layout.addresses[i] ?? 0)
      .u32(at + 0x10, alignUp(size, fileAlignment))
      .u32(at + 0x14, layout.offsets[i] ?? 0)
      .u32(at + 0x24, characteristics);
  });
  return out.bytes;
}
