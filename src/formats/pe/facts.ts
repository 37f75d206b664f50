import { coffSymbols } from "./coff-symbols.ts";
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
  /**
   * Several sections of one name where the first alone counts: before the first `.profile`, or within the profile of this number.
   * `.profile` itself, `.dtbauto` and `.efifw` may repeat (UAPI.5).
   */
  | {
      readonly kind: "duplicate";
      readonly name: string;
      readonly sections: readonly number[];
      readonly profile: number | undefined;
    }
  /** What a section has in the file beyond VirtualSize is more than either alignment asks for, or is not zero. */
  | { readonly kind: "padding"; readonly section: number; readonly size: number; readonly zero: boolean }
  /** PointerToRawData is no multiple of FileAlignment. */
  | { readonly kind: "unaligned"; readonly section: number }
  /** SizeOfRawData reaches so far past the end of the file. */
  | { readonly kind: "beyond-file"; readonly section: number; readonly size: number }
  /** The section's addresses end behind SizeOfImage. */
  | { readonly kind: "outside-image"; readonly section: number; readonly end: number }
  /** The section's address is below that of the one before it in the table. */
  | { readonly kind: "out-of-order"; readonly section: number }
  /** FileAlignment is not what the format allows: 512 to 64 KiB, at most SectionAlignment; or the same as that. */
  | { readonly kind: "file-alignment"; readonly value: number }
  /** Bytes before the end of the sections that are neither headers nor a section's. */
  | { readonly kind: "gap"; readonly offset: number; readonly size: number }
  /** Bytes behind the sections which are neither COFF symbols nor certificates: no hash of an image covers what follows the table. */
  | { readonly kind: "overlay"; readonly offset: number; readonly size: number }
  /** The certificate table does not begin at a multiple of 8. */
  | { readonly kind: "certificates-unaligned"; readonly offset: number }
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
  return [
    ...alignmentFacts(pe),
    ...single,
    ...overlaps,
    ...duplicates(pe.sections),
    ...gaps(pe),
    ...tailFacts(pe),
  ];
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
  const { index } = section;
  const { end } = addresses(section);
  if (end > pe.optionalHeader.sizeOfImage) facts.push({ kind: "outside-image", section: index, end });
  const before = pe.sections[index - 1];
  if (before !== undefined && section.virtualAddress < before.virtualAddress) {
    facts.push({ kind: "out-of-order", section: index });
  }
  const beyond = section.pointerToRawData + section.sizeOfRawData - pe.bytes.length;
  if (section.sizeOfRawData > 0 && beyond > 0)
    facts.push({ kind: "beyond-file", section: index, size: beyond });
  if (raw.end === raw.start) return facts;
  const { fileAlignment, sectionAlignment, sizeOfHeaders } = pe.optionalHeader;
  if (raw.start < sizeOfHeaders) facts.push({ kind: "in-headers", section: index });
  if (raw.start % fileAlignment !== 0) facts.push({ kind: "unaligned", section: index });
  const padding = pe.bytes.subarray(raw.start + section.data.length, raw.end);
  const zero = padding.subarray(0, PADDING_READ).every((byte) => byte === 0);
  // systemd fills some sections up to SectionAlignment.
  if (!zero || padding.length >= Math.max(fileAlignment, sectionAlignment)) {
    facts.push({ kind: "padding", section: index, size: padding.length, zero });
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

const MAY_REPEAT: ReadonlySet<string> = new Set([".dtbauto", ".efifw"]);

function duplicates(sections: readonly PeSection[]): readonly PeFact[] {
  const facts: PeFact[] = [];
  let profile: number | undefined;
  let byName = new Map<string, number[]>();
  const close = () => {
    for (const [name, indices] of byName) {
      if (indices.length > 1) facts.push({ kind: "duplicate", name, sections: indices, profile });
    }
    byName = new Map();
  };
  for (const { name, index } of sections) {
    if (name === ".profile") {
      close();
      profile = profile === undefined ? 0 : profile + 1;
    } else if (!MAY_REPEAT.has(name)) {
      byName.set(name, [...(byName.get(name) ?? []), index]);
    }
  }
  close();
  return facts;
}

const FILE_ALIGNMENT = { least: 512, most: 64 * 1024 } as const;

function alignmentFacts({ optionalHeader }: PeFile): readonly PeFact[] {
  const { fileAlignment: value, sectionAlignment } = optionalHeader;
  const { least, most } = FILE_ALIGNMENT;
  if (value === sectionAlignment && value <= most) return [];
  const odd = value < least || value > most || value > sectionAlignment;
  return odd ? [{ kind: "file-alignment", value }] : [];
}

function gaps(pe: PeFile): readonly PeFact[] {
  const facts: PeFact[] = [];
  const sections = pe.sections.map((section) => rawRange(pe, section));
  const last = Math.max(...sections.map(({ end }) => end));
  const table = pe.certificates;
  const certificates =
    table === undefined ? [] : [{ start: table.offset, end: table.offset + table.data.length }];
  let at = Math.min(pe.optionalHeader.sizeOfHeaders, pe.bytes.length);
  for (const { start, end } of [...sections, ...certificates].sort((a, b) => a.start - b.start)) {
    if (start > at && start <= last) facts.push({ kind: "gap", offset: at, size: start - at });
    at = Math.max(at, end);
  }
  return facts;
}

/** The overlay before and behind the COFF symbols, where they are a part of it. */
function unnamed(pe: PeFile): readonly ReturnType<typeof peOverlay>[] {
  const overlay = peOverlay(pe);
  const symbols = coffSymbols(pe);
  const end = overlay.offset + overlay.data.length;
  if (symbols === undefined || symbols.offset < overlay.offset || symbols.offset + symbols.size > end) {
    return [overlay];
  }
  const before = symbols.offset - overlay.offset;
  return [
    { offset: overlay.offset, data: overlay.data.subarray(0, before) },
    { offset: symbols.offset + symbols.size, data: overlay.data.subarray(before + symbols.size) },
  ];
}

function tailFacts(pe: PeFile): readonly PeFact[] {
  const facts: PeFact[] = [];
  for (const { offset, data } of unnamed(pe)) {
    // Certificates begin at a multiple of 8: fewer zeros than that are no overlay.
    if (data.length >= 8 || data.some((byte) => byte !== 0)) {
      facts.push({ kind: "overlay", offset, size: data.length });
    }
  }
  if (pe.certificates !== undefined) {
    const { offset } = pe.certificates;
    if (offset % 8 !== 0) facts.push({ kind: "certificates-unaligned", offset });
    const size = pe.bytes.length - offset - pe.certificates.data.length;
    if (size > 0) facts.push({ kind: "certificates-not-last", size });
  }
  return facts;
}
