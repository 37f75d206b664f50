import type { PeFile, PeSection } from "./types.ts";

/**
 * What is odd about a PE file that decodes: allowed by some loaders and refused by others, or a sign of a tool's
 * mistake. Sections are named by their index; sizes and offsets are in bytes.
 */
export type PeFact =
  /** Two sections share bytes of the file, or addresses. */
  | { readonly kind: "file-overlap"; readonly first: number; readonly second: number; readonly size: number }
  | {
      readonly kind: "address-overlap";
      readonly first: number;
      readonly second: number;
      readonly size: number;
    }
  /** A section's data begin within the headers. */
  | { readonly kind: "in-headers"; readonly section: number }
  /** Several sections of one name. Only `.dtbauto`, `.efifw` and `.profile` may repeat in a UKI. */
  | { readonly kind: "duplicate"; readonly name: string; readonly sections: readonly number[] }
  /** What a section has in the file beyond VirtualSize is more than alignment asks for, or is not zero. */
  | { readonly kind: "padding"; readonly section: number; readonly size: number; readonly zero: boolean }
  /** PointerToRawData is no multiple of FileAlignment. */
  | { readonly kind: "unaligned"; readonly section: number }
  /** Bytes behind the sections which are no certificates: no hash of an image covers what follows the table. */
  | { readonly kind: "overlay"; readonly offset: number; readonly size: number }
  /** Something stands behind the certificate table. */
  | { readonly kind: "certificates-not-last"; readonly size: number };

/** Bytes behind the sections' data and before the certificate table, as a view; empty where there are none. */
export function peOverlay(pe: PeFile): { readonly offset: number; readonly data: Uint8Array } {
  const ends = pe.sections.map((section) => rawRange(pe, section).end);
  const offset = Math.min(Math.max(pe.optionalHeader.sizeOfHeaders, ...ends), pe.bytes.length);
  const table = pe.certificates;
  const end = table !== undefined && table.offset >= offset ? table.offset : pe.bytes.length;
  return { offset, data: pe.bytes.subarray(offset, end) };
}

/** All oddities, those of single sections first. */
export function peFacts(pe: PeFile): readonly PeFact[] {
  const single = pe.sections.flatMap((section) => sectionFacts(pe, section));
  const overlaps = pe.sections.flatMap((section, i) =>
    pe.sections.slice(i + 1).flatMap((other) => overlapFacts(pe, section, other)),
  );
  return [...single, ...overlaps, ...duplicates(pe.sections), ...tailFacts(pe)];
}

type Range = { readonly start: number; readonly end: number };

/** A section's bytes in the file, what reaches behind its end left out. */
function rawRange(pe: PeFile, section: PeSection): Range {
  if (section.sizeOfRawData === 0) return { start: 0, end: 0 };
  const start = Math.min(section.pointerToRawData, pe.bytes.length);
  return { start, end: Math.min(start + section.sizeOfRawData, pe.bytes.length) };
}

/** Bytes of a section's padding that are looked at: alignments are small, and sections may overlap. */
const PADDING_READ = 1024 * 1024;

function sectionFacts(pe: PeFile, section: PeSection): readonly PeFact[] {
  const facts: PeFact[] = [];
  const raw = rawRange(pe, section);
  if (raw.end === raw.start) return facts;
  if (raw.start < pe.optionalHeader.sizeOfHeaders) facts.push({ kind: "in-headers", section: section.index });
  if (raw.start % pe.optionalHeader.fileAlignment !== 0)
    facts.push({ kind: "unaligned", section: section.index });
  const padding = pe.bytes.subarray(raw.start + section.data.length, raw.end);
  const zero = padding.subarray(0, PADDING_READ).every((byte) => byte === 0);
  if (!zero || padding.length >= pe.optionalHeader.fileAlignment) {
    facts.push({ kind: "padding", section: section.index, size: padding.length, zero });
  }
  return facts;
}

function overlapFacts(pe: PeFile, a: PeSection, b: PeSection): readonly PeFact[] {
  const between = { first: a.index, second: b.index };
  const inFile = shared(rawRange(pe, a), rawRange(pe, b));
  const inMemory = shared(addresses(a), addresses(b));
  return [
    ...(inFile > 0 ? [{ kind: "file-overlap", ...between, size: inFile } as const] : []),
    ...(inMemory > 0 ? [{ kind: "address-overlap", ...between, size: inMemory } as const] : []),
  ];
}

function addresses(section: PeSection): Range {
  return { start: section.virtualAddress, end: section.virtualAddress + section.virtualSize };
}

function shared(a: Range, b: Range): number {
  return Math.min(a.end, b.end) - Math.max(a.start, b.start);
}

function duplicates(sections: readonly PeSection[]): readonly PeFact[] {
  const byName = new Map<string, number[]>();
  for (const { name, index } of sections) byName.set(name, [...(byName.get(name) ?? []), index]);
  return [...byName]
    .filter(([, indices]) => indices.length > 1)
    .map(([name, indices]) => ({ kind: "duplicate", name, sections: indices }));
}

function tailFacts(pe: PeFile): readonly PeFact[] {
  const facts: PeFact[] = [];
  const overlay = peOverlay(pe);
  // Certificates begin at a multiple of 8: fewer zeros than that are no overlay.
  if (overlay.data.length >= 8 || overlay.data.some((byte) => byte !== 0)) {
    facts.push({ kind: "overlay", offset: overlay.offset, size: overlay.data.length });
  }
  if (pe.certificates !== undefined) {
    const size = pe.bytes.length - pe.certificates.offset - pe.certificates.data.length;
    if (size > 0) facts.push({ kind: "certificates-not-last", size });
  }
  return facts;
}
