import type { Malformed, SizeExceeded } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { PT, SHF, SHT } from "./constants.ts";
import type { ElfFile } from "./elf-file.ts";
import type { ElfProgramHeader, ElfSection } from "./types.ts";

/** No flat image is longer: 512 MiB, as for everything that is decompressed. */
const FLAT_LIMIT = 512 * 1024 * 1024;

/** Kernels have up to ten segments; each section is looked for in all of them. */
export const MOST_SEGMENTS = 1024;

const SHF_TLS = 0x400n;
const PT_TLS = 7;
const ADDRESSES = (1n << 64n) - 1n;

type Piece = { readonly address: bigint; readonly data: Uint8Array };

/** What a file's loaded parts make in memory: runs of its bytes, and zeros where there is none. Of runs that overlap, the later one wins. */
export type FlatImage = {
  /** Bytes. */
  readonly size: number;
  /** As views into the file, at their offsets from the start of the image. */
  readonly runs: readonly { readonly offset: number; readonly data: Uint8Array }[];
};

/**
 * The bytes that a file's loaded parts make in memory, from the lowest load address on, gaps filled with zeros: what
 * `objcopy -O binary` writes, and how kernel builds make an Image of a vmlinux. Sections count where the file has any, else
 * the PT_LOAD segments. Where sections overlap, the later one wins.
 *
 * Fails with `size-exceeded` on more than `limit` bytes (default 512 MiB), and with `malformed`
 * on a file with nothing to load.
 *
 * Source: binutils, bfd/binary.c for the output, bfd/elf.c for the load address of a section.
 */
export function flattenElf(
  elf: ElfFile,
  options: { readonly limit?: number } = {},
): Result<FlatImage, Malformed | SizeExceeded> {
  const limit = options.limit ?? FLAT_LIMIT;
  const count = elf.programHeaders.length;
  if (count > MOST_SEGMENTS) {
    const detail = `${count} segments; at most ${MOST_SEGMENTS} are laid out`;
    return err({ ...nothing(elf), section: "file header", detail });
  }
  const pieces = elf.sections.length > 0 ? sectionPieces(elf) : segmentPieces(elf);
  const [first] = pieces;
  if (first === undefined) return err(nothing(elf));
  const low = pieces.reduce((least, { address }) => (address < least ? address : least), first.address);
  const end = pieces.reduce((most, { address, data }) => {
    const candidate = address + BigInt(data.length);
    return candidate > most ? candidate : most;
  }, low);
  if (end - low > BigInt(limit)) {
    return err({ reason: "size-exceeded", what: "flat image", size: Number(end - low), limit });
  }
  // Thousands of sections may be one and the same run of bytes.
  const copied = pieces.reduce((sum, { data }) => sum + data.length, 0);
  if (copied > limit) return err({ reason: "size-exceeded", what: "what is loaded", size: copied, limit });
  const runs = pieces.map(({ address, data }) => ({ offset: Number(address - low), data }));
  return ok({ size: Number(end - low), runs });
}

function sectionPieces(elf: ElfFile): readonly Piece[] {
  const segments = loadedSegments(elf);
  return elf.sections
    .filter((section) => section.type !== SHT.NULL && section.type !== SHT.NOBITS)
    .filter((section) => (section.flags & SHF.ALLOC) !== 0n && section.size > 0)
    .map((section) => ({ address: loadAddress(segments, section), data: section.data }));
}

function segmentPieces(elf: ElfFile): readonly Piece[] {
  return elf.programHeaders
    .filter(({ type, fileSize }) => type === PT.LOAD && fileSize > 0)
    .map((header) => ({ address: header.physicalAddress, data: header.data }));
}

/** Those whose physical addresses mean something. */
function loadedSegments({ programHeaders }: ElfFile): readonly ElfProgramHeader[] {
  // Some linkers leave every physical address 0, which then says nothing unless there is but one segment.
  const loads = programHeaders.filter(({ type, memorySize }) => type === PT.LOAD && memorySize > 0);
  const meant = programHeaders.some(({ physicalAddress }) => physicalAddress !== 0n) || loads.length <= 1;
  return meant ? programHeaders : [];
}

/** A section is loaded as far into its segment as it stands in the file; outside of segments, at its own address. */
function loadAddress(segments: readonly ElfProgramHeader[], section: ElfSection): bigint {
  const wanted = (section.flags & SHF_TLS) === 0n ? PT.LOAD : PT_TLS;
  const segment = segments.find((header) => header.type === wanted && contains(header, section));
  if (segment === undefined) return section.address;
  return (segment.physicalAddress + BigInt(section.offset - segment.offset)) & ADDRESSES;
}

function contains(segment: ElfProgramHeader, section: ElfSection): boolean {
  const address = section.address - segment.virtualAddress;
  return (
    section.offset >= segment.offset &&
    section.offset + section.size <= segment.offset + segment.fileSize &&
    address >= 0n &&
    address + BigInt(section.size) <= BigInt(segment.memorySize)
  );
}

function nothing(elf: ElfFile): Malformed {
  const section = elf.sections.length > 0 ? "section header table" : "file header";
  const offset = elf.outermostOffset(elf.header.sectionHeaderOffset);
  return { reason: "malformed", format: "ELF", section, offset, detail: "nothing to load" };
}
