import { alignUp } from "#bytes/align.ts";
import type { Malformed, SizeExceeded, Unsupported } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { type AddedSection, SECTION_SIZE, writeHeaders } from "./append-headers.ts";
import { debugDirectoryEdits } from "./debug-directory.ts";
import { peOverlay } from "./facts.ts";
import { MAX_PE_SECTIONS } from "./pe-file.ts";
import { editedRange, type PeEdit, type PePiece, type PlacedPiece, withZerosBetween } from "./pieces.ts";
import type { PeFile, PeSection } from "./types.ts";

export type AppendOptions = {
  readonly added: readonly AddedSection[];
  /** Name of sections to take out. What they held is cut off at the file's end, and zeroed elsewhere. */
  readonly removed?: string;
  /** What becomes of bytes behind the sections (`peOverlay`). Default `keep`: they stay where they are. */
  readonly overlay?: "keep" | "drop";
  /** The COFF string table, in which `/N` section names stand: kept as the last but the certificates, without symbols. */
  readonly strings?: KeptRange | undefined;
  /** What becomes of the certificate table, which no longer verifies either way. */
  readonly certificates: "keep" | "strip";
};

export type KeptRange = { readonly offset: number; readonly length: number };

export type PeAppendPlan = {
  /** The first is the headers, with a CheckSum of 0. */
  readonly pieces: readonly [{ readonly kind: "bytes"; readonly bytes: Uint8Array }, ...PePiece[]];
  readonly checkSumAt: number;
  /** How many bytes the old sections have moved towards the end, to make room for headers. */
  readonly shift: number;
  /** Where each added section's content begins in the new file. */
  readonly offsets: readonly number[];
  /** Sections taken out. */
  readonly removed: number;
  /** SizeOfImage as the old sections ask for it: another one in the old headers is a mistake of theirs. */
  readonly oldImageEnd: number;
};

type Failure = Malformed | Unsupported | SizeExceeded;

const CERTIFICATE_ALIGNMENT = 8;
const LARGEST = 2 ** 32 - 1;
/** "PE Format": FileAlignment is at most 64 KiB. */
const LARGEST_FILE_ALIGNMENT = 64 * 1024;

/**
 * Plans a PE file with sections added behind the others, in the file and in memory. The headers grow into the space before the
 * first section's data; where there is none, all data move by a multiple of FileAlignment, and with them every file
 * offset of the headers and of the debug directory. Addresses never change. What stands between sections stays. A last section
 * that ends before a multiple of FileAlignment is filled up to it: tools that sign disagree on what a gap there means.
 *
 * Of `pe.bytes` only headers, section table and debug directory are looked at.
 *
 * Fails with `unsupported` on headers that cannot grow (something follows the section table, or the first section's address is
 * in the way), on more than 65535 sections, on a FileAlignment of more than 64 KiB, on a section that reaches further past the end of the
 * file than alignment explains, and on a certificate table that is not the end of the file; with `size-exceeded` past 4 GiB.
 *
 * Source: Microsoft, "PE Format"; docs/spec.md, "PE with .bpf".
 */
export function planAppend(pe: PeFile, options: AppendOptions): Result<PeAppendPlan, Failure> {
  const { added } = options;
  const kept = pe.sections.filter(({ name }) => name !== options.removed);
  const bounds = withinFile(pe);
  if (!bounds.ok) return bounds;
  const room = headerRoom(pe, kept, added.length);
  if (!room.ok) return room;
  const body = bodyOf(pe, kept, options);
  if (!body.ok) return body;
  const { firstData, shift } = room.value;
  const { end } = body.value;

  const { fileAlignment } = pe.optionalHeader;
  const rawEnd = Math.max(end, ...kept.map(rawEndOf)) + shift;
  const places = placeSections(pe, kept, added, {
    fileEnd: alignUp(rawEnd, fileAlignment),
    sizeOfHeaders: room.value.sizeOfHeaders,
  });
  const certificates = options.certificates === "keep" ? pe.certificates : undefined;
  const { fileEnd } = places;
  const { strings } = options;
  const certificatesAt = alignUp(fileEnd + (strings?.length ?? 0), CERTIFICATE_ALIGNMENT);
  const size = strings || certificates ? certificatesAt + (certificates?.data.length ?? 0) : fileEnd;
  if (size > LARGEST || places.imageEnd > LARGEST) {
    const largest = Math.max(size, places.imageEnd);
    return err({ reason: "size-exceeded", what: "the PE file", size: largest, limit: LARGEST });
  }

  const head = writeHeaders(pe, kept, added, {
    ...room.value,
    ...places,
    bodyEnd: end,
    filled: filledSection(pe, kept, end),
    strings: strings && fileEnd,
    certificates: certificates && { offset: certificatesAt, size: certificates.data.length },
  });
  const edits = [...body.value.edits, ...debugDirectoryEdits(pe, shift)];
  const contents = added.map(({ size }, index): PlacedPiece => {
    return { at: places.offsets[index] ?? 0, length: size, piece: { kind: "added", index } };
  });
  const tail = [
    ...contents.filter(({ length }) => length > 0),
    ...(strings ? [oldPiece(fileEnd, strings.offset, strings.length)] : []),
    ...(certificates ? [oldPiece(certificatesAt, certificates.offset, certificates.data.length)] : []),
  ];
  return ok({
    pieces: [
      { kind: "bytes", bytes: head },
      ...editedRange(firstData, end, edits),
      ...withZerosBetween(tail, end + shift, size),
    ],
    checkSumAt: pe.optionalHeader.offset + 0x40,
    shift,
    offsets: places.offsets,
    removed: pe.sections.length - kept.length,
    oldImageEnd: imageEndOf(pe, pe.sections, pe.optionalHeader.sizeOfHeaders),
  });
}

/** A range of the old file, and where in the new one it begins. */
function oldPiece(at: number, offset: number, length: number): PlacedPiece {
  return { at, length, piece: { kind: "old", offset, length } };
}

/**
 * Refuses headers by which a small file would be written as a huge one. A last section may end past the file by less than what
 * alignment asks for: tools leave the filling out.
 */
function withinFile(pe: PeFile): Result<void, Failure> {
  const { fileAlignment } = pe.optionalHeader;
  if (fileAlignment > LARGEST_FILE_ALIGNMENT) {
    return refused(pe, "a FileAlignment of more than 64 KiB", `it is ${fileAlignment}`);
  }
  const most = alignUp(pe.bytes.length, fileAlignment);
  const outside = pe.sections.find((section) => rawEndOf(section) > most);
  if (outside === undefined) return ok(undefined);
  const { index, name, sizeOfRawData, pointerToRawData } = outside;
  const claimed = `section ${index} (${name}): ${sizeOfRawData} bytes at ${pointerToRawData}`;
  return refused(pe, "a section outside the file", `${claimed}, of a file of ${pe.bytes.length}`);
}

/** The last section, with the SizeOfRawData that leaves no gap behind it; undefined where none is, or where old bytes follow it. */
function filledSection(pe: PeFile, kept: readonly PeSection[], bodyEnd: number) {
  const end = Math.max(0, ...kept.map(rawEndOf));
  const last = kept.find((section) => hasData(section) && rawEndOf(section) === end);
  const gap = alignUp(end, pe.optionalHeader.fileAlignment) - end;
  if (last === undefined || gap === 0 || bodyEnd > end) return undefined;
  return { index: last.index, sizeOfRawData: last.sizeOfRawData + gap };
}

type Room = { readonly firstData: number; readonly shift: number; readonly sizeOfHeaders: number };

/** How far the old sections have to move so that the headers of the `kept` sections and of the `added` ones fit before them. */
function headerRoom(pe: PeFile, kept: readonly PeSection[], added: number): Result<Room, Failure> {
  const count = kept.length + added;
  const { fileAlignment, sizeOfHeaders } = pe.optionalHeader;
  if (count > MAX_PE_SECTIONS) {
    return refused(
      pe,
      "a PE file with more sections",
      `${count}, NumberOfSections has room for ${MAX_PE_SECTIONS}`,
    );
  }
  const oldEnd = pe.sectionTableOffset + pe.sections.length * SECTION_SIZE;
  const tableEnd = pe.sectionTableOffset + count * SECTION_SIZE;
  const starts = pe.sections.filter(hasData).map((section) => section.pointerToRawData);
  const firstData = Math.min(...starts, Math.max(sizeOfHeaders, oldEnd), pe.bytes.length);
  if (firstData < oldEnd) return refused(pe, "a section inside the section table", `data at ${firstData}`);
  if (!isFiller(pe.bytes.subarray(oldEnd, Math.min(tableEnd, firstData)))) {
    return refused(pe, "a longer section table", `something stands behind it, at ${oldEnd}`);
  }
  const needed = Math.max(alignUp(tableEnd, fileAlignment), Math.min(sizeOfHeaders, firstData));
  const firstAddress = Math.min(...kept.map((section) => section.virtualAddress));
  if (tableEnd > firstAddress || (needed > firstAddress && needed > sizeOfHeaders)) {
    return refused(
      pe,
      "a longer section table",
      `the first section's address, ${firstAddress}, is in the way`,
    );
  }
  const shift = needed > firstData ? alignUp(needed - firstData, fileAlignment) : 0;
  return ok({ firstData, shift, sizeOfHeaders: Math.max(needed, sizeOfHeaders) });
}

/** Zeros, or one instruction over and over: assemblers align with no-operations, in the headers of a boot stub too. */
function isFiller(bytes: Uint8Array): boolean {
  return bytes.every((byte, i) => byte === bytes[i % 4]);
}

/** Where the part of the old file ends that goes into the new one, certificates apart, and what is blanked in it. */
function bodyOf(
  pe: PeFile,
  kept: readonly PeSection[],
  { removed: removedName, overlay }: AppendOptions,
): Result<{ readonly end: number; readonly edits: readonly PeEdit[] }, Failure> {
  const table = pe.certificates;
  const sectionsEnd = Math.max(...pe.sections.map(rawEndOf));
  const before = table?.offset ?? pe.bytes.length;
  const limit = overlay === "drop" ? peOverlay(pe).offset : before;
  if (table !== undefined && (table.offset + table.data.length !== pe.bytes.length || before < sectionsEnd)) {
    return refused(pe, "a certificate table that is not the end of the file", `it begins at ${table.offset}`);
  }
  const removed = pe.sections.filter((section) => section.name === removedName && hasData(section));
  const keptEnd = Math.max(0, ...kept.map(rawEndOf));
  // Fewer bytes than certificates are aligned to are no overlay.
  const atEnd = limit - sectionsEnd < CERTIFICATE_ALIGNMENT;
  const cut = removed.filter((section) => atEnd && section.pointerToRawData >= keptEnd);
  const end = Math.min(limit, ...cut.map((section) => section.pointerToRawData));
  const edits = removed
    .filter((section) => !cut.includes(section) && !kept.some((other) => overlap(section, other)))
    .map((section) => ({
      offset: section.pointerToRawData,
      bytes: new Uint8Array(Math.max(0, Math.min(rawEndOf(section), end) - section.pointerToRawData)),
    }));
  return ok({ end, edits });
}

function placeSections(
  pe: PeFile,
  kept: readonly PeSection[],
  added: readonly AddedSection[],
  start: { readonly fileEnd: number; readonly sizeOfHeaders: number },
) {
  const { sectionAlignment, fileAlignment } = pe.optionalHeader;
  let { fileEnd } = start;
  let imageEnd = imageEndOf(pe, kept, start.sizeOfHeaders);
  const addresses: number[] = [];
  const offsets: number[] = [];
  for (const { size } of added) {
    addresses.push(imageEnd);
    offsets.push(size === 0 ? 0 : fileEnd);
    // An empty section has an address of its own all the same: loaders refuse two at one.
    imageEnd = alignUp(imageEnd + Math.max(1, size), sectionAlignment);
    fileEnd += alignUp(size, fileAlignment);
  }
  return { fileEnd, imageEnd, addresses, offsets };
}

function imageEndOf(pe: PeFile, sections: readonly PeSection[], sizeOfHeaders: number): number {
  return alignUp(Math.max(sizeOfHeaders, ...sections.map(addressEndOf)), pe.optionalHeader.sectionAlignment);
}

function hasData(section: PeSection): boolean {
  return section.sizeOfRawData > 0;
}

function rawEndOf(section: PeSection): number {
  return hasData(section) ? section.pointerToRawData + section.sizeOfRawData : 0;
}

function addressEndOf(section: PeSection): number {
  return section.virtualAddress + (section.virtualSize || section.sizeOfRawData);
}

function overlap(a: PeSection, b: PeSection): boolean {
  return hasData(b) && a.pointerToRawData < rawEndOf(b) && b.pointerToRawData < rawEndOf(a);
}

function refused(pe: PeFile, what: string, detail: string): Result<never, Failure> {
  return err({
    reason: "unsupported",
    what,
    detail: `${detail} (section table at ${pe.sectionTableOffset})`,
  });
}
