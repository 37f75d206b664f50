import type { PeFile } from "./types.ts";

const DEBUG_DIRECTORY = 6;
const ENTRY_SIZE = 28;
/** PointerToRawData of an entry, beside its address. */
const POINTER_AT = 24;

/**
 * The debug directory's file offsets, for sections that move by `shift` bytes: the only ones in a PE file that the headers do not
 * have. Each edit replaces four bytes at an offset of the old file.
 *
 * Source: Microsoft, "PE Format", "Debug Directory (Image Only)".
 */
export function debugDirectoryEdits(
  pe: PeFile,
  shift: number,
): readonly { readonly offset: number; readonly bytes: Uint8Array }[] {
  const directory = pe.dataDirectories[DEBUG_DIRECTORY];
  if (shift === 0 || directory === undefined || directory.size === 0) return [];
  const offset = debugDirectoryOffset(pe);
  if (offset === undefined) return [];
  const view = new DataView(pe.bytes.buffer, pe.bytes.byteOffset, pe.bytes.byteLength);
  const edits: { offset: number; bytes: Uint8Array }[] = [];
  for (let at = offset; at + ENTRY_SIZE <= offset + directory.size; at += ENTRY_SIZE) {
    if (at + ENTRY_SIZE > pe.bytes.length) break;
    const pointer = view.getUint32(at + POINTER_AT, true);
    if (pointer === 0) continue;
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, pointer + shift, true);
    edits.push({ offset: at + POINTER_AT, bytes });
  }
  return edits;
}

/** Where the debug directory stands in the file; undefined where there is none, or it is in no section's data. */
export function debugDirectoryOffset(pe: PeFile): number | undefined {
  const directory = pe.dataDirectories[DEBUG_DIRECTORY];
  if (directory === undefined || directory.size === 0) return undefined;
  const { virtualAddress, size } = directory;
  const section = pe.sections.find(
    ({ virtualAddress: start, sizeOfRawData }) =>
      virtualAddress >= start && virtualAddress - start + size <= sizeOfRawData,
  );
  return section && section.pointerToRawData + (virtualAddress - section.virtualAddress);
}
