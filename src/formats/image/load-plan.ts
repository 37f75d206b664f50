import type { Malformed, Unsupported } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { EM, PT } from "#formats/elf/constants.ts";
import type { ElfFile } from "#formats/elf/elf-file.ts";
import type { ElfProgramHeader } from "#formats/elf/types.ts";
import { type Arm64Image, decodeImage } from "./image.ts";

/** How a loader places an arm64 vmlinux in memory; sizes, offsets and alignments in bytes. */
export type LoadPlan = {
  /** Virtual. */
  readonly entry: bigint;
  /** The Image header that stands at the entry point: page size, endianness, placement. */
  readonly header: Arm64Image;
  /** Of that header, in the outermost file. */
  readonly headerOffset: number;
  /** Where the first segment goes, from a 2 MiB boundary. */
  readonly textOffset: bigint;
  /** The PT_LOAD segments in the table's order; at least one. */
  readonly segments: readonly [LoadSegment, ...LoadSegment[]];
  /** From the start of the first segment to the end of the last in memory. */
  readonly memorySize: bigint;
};

export type LoadSegment = {
  /** Position in the program header table. */
  readonly index: number;
  readonly virtualAddress: bigint;
  /** Where it goes, from the start of the first segment. */
  readonly offsetFromFirst: bigint;
  /** What is copied, as a view: no more than fits the segment's memory. The rest is zero. */
  readonly data: Uint8Array;
  readonly memorySize: number;
  /** A power of two, or 0 or 1 for none. */
  readonly alignment: bigint;
};

/**
 * Plans how an arm64 vmlinux is loaded: each PT_LOAD segment at its distance from the first, which goes where the text offset of
 * the Image header says. That header stands `e_entry - p_vaddr` into the first segment.
 *
 * Fails with `unsupported` on another machine than EM_AARCH64, with `malformed` on no PT_LOAD segment, an entry
 * point or Image header outside the first one's bytes, an alignment that is no power of two, a segment that starts before the first, and
 * segments that overlap in memory.
 *
 * Source: "arm64: kexec_file: add vmlinux format support" (2017); Linux, Documentation/arch/arm64/booting.rst.
 */
export function loadPlan(elf: ElfFile): Result<LoadPlan, Malformed | Unsupported> {
  if (elf.header.machine !== EM.AARCH64) {
    const detail = `e_machine ${elf.header.machine}; a load plan is made for arm64 (${EM.AARCH64}) only`;
    return err({ reason: "unsupported", what: "vmlinux", detail });
  }
  const loads = elf.programHeaders.flatMap((header, index) =>
    header.type === PT.LOAD && header.memorySize > 0 ? [{ ...header, index }] : [],
  );
  const [first] = loads;
  if (first === undefined) return err(broken(elf, 0x38, "no PT_LOAD segment", "file header"));
  const problem = segmentProblem(elf, loads, first.virtualAddress);
  if (problem !== undefined) return err(problem);

  const into = elf.header.entry - first.virtualAddress;
  const data = contentOf(first);
  if (into < 0n || into >= BigInt(data.length)) {
    const detail = `e_entry 0x${elf.header.entry.toString(16)} is not in the first segment's bytes`;
    return err(broken(elf, 0x18, detail, "file header"));
  }
  const headerOffset = elf.outermostOffset(first.offset + Number(into));
  const header = decodeImage(data.subarray(Number(into)), { base: headerOffset });
  if (!header.ok) return header;
  if (header.value.arch !== "arm64") {
    const detail = `the Image header at the entry point is one of ${header.value.arch}`;
    return err({ ...broken(elf, 0, detail, "Image header"), offset: headerOffset });
  }
  const place = (load: (typeof loads)[number]): LoadSegment => ({
    index: load.index,
    virtualAddress: load.virtualAddress,
    offsetFromFirst: load.virtualAddress - first.virtualAddress,
    data: contentOf(load),
    memorySize: load.memorySize,
    alignment: load.alignment,
  });
  const segments = [place(first), ...loads.slice(1).map(place)] as const;
  const ends = segments.map((segment) => segment.offsetFromFirst + BigInt(segment.memorySize));
  return ok({
    entry: elf.header.entry,
    header: header.value,
    headerOffset,
    textOffset: header.value.textOffset,
    segments: [...segments],
    memorySize: ends.reduce((end, candidate) => (candidate > end ? candidate : end)),
  });
}

/** A file size above the memory size is a mistake that loaders cut off. */
function contentOf(load: ElfProgramHeader): Uint8Array {
  return load.data.subarray(0, load.memorySize);
}

function segmentProblem(
  elf: ElfFile,
  loads: readonly (ElfProgramHeader & { readonly index: number })[],
  start: bigint,
): Malformed | undefined {
  const fault = (index: number, field: number, detail: string) =>
    broken(elf, elf.header.programHeaderOffset + index * 56 + field, detail, `program header ${index}`);
  for (const load of loads) {
    if (load.alignment !== 0n && (load.alignment & (load.alignment - 1n)) !== 0n) {
      return fault(load.index, 0x30, `p_align ${load.alignment} is no power of two`);
    }
    if (load.virtualAddress < start) return fault(load.index, 0x10, "segment starts before the first one");
    if (load.virtualAddress + BigInt(load.memorySize) > 1n << 64n) {
      return fault(load.index, 0x28, "segment ends behind the last address");
    }
  }
  const sorted = loads.toSorted((a, b) =>
    a.virtualAddress === b.virtualAddress ? a.index - b.index : a.virtualAddress < b.virtualAddress ? -1 : 1,
  );
  for (const [i, load] of sorted.entries()) {
    const before = sorted[i - 1];
    if (before !== undefined && before.virtualAddress + BigInt(before.memorySize) > load.virtualAddress) {
      return fault(load.index, 0x10, `segment overlaps that of program header ${before.index} in memory`);
    }
  }
  return undefined;
}

function broken(elf: ElfFile, offset: number, detail: string, section: string): Malformed {
  return { reason: "malformed", format: "vmlinux", section, offset: elf.outermostOffset(offset), detail };
}
