import type { ByteReader } from "#bytes/reader.ts";
import { undoRiscv } from "./branch-filter-riscv.ts";
import { type BranchFilter, undoArm64, undoDelta, undoX86 } from "./branch-filters.ts";
import { undoArm, undoArmThumb, undoIa64, undoPowerPc, undoSparc } from "./branch-filters-words.ts";
import { readVli } from "./xz-check.ts";

export type XzFilter = {
  readonly name: string;
  /** Turns a block's bytes back into what they were before the filter, in place. */
  readonly undo: (bytes: Uint8Array) => void;
};

export type XzBlockHeader = {
  /** Bytes, where the header states them. */
  readonly compressed: number | undefined;
  readonly uncompressed: number | undefined;
  /** The filters before LZMA2, in the order in which the encoder applied them. */
  readonly filters: readonly XzFilter[];
};

const LZMA2 = 0x21;
const DELTA = 3;

type BranchFilterKind = {
  readonly name: string;
  readonly undo: BranchFilter;
  /** What the start address must be a multiple of, in bytes. */
  readonly alignment: number;
};

/** The branch filters by their ids (xz-file-format 5.3.2); Linux's xz_wrap.sh has one for each architecture. */
const BRANCH_FILTERS: { readonly [id: number]: BranchFilterKind } = {
  4: { name: "x86", undo: undoX86, alignment: 1 },
  5: { name: "PowerPC", undo: undoPowerPc, alignment: 4 },
  6: { name: "IA-64", undo: undoIa64, alignment: 16 },
  7: { name: "ARM", undo: undoArm, alignment: 4 },
  8: { name: "ARM-Thumb", undo: undoArmThumb, alignment: 2 },
  9: { name: "SPARC", undo: undoSparc, alignment: 4 },
  10: { name: "arm64", undo: undoArm64, alignment: 4 },
  11: { name: "RISC-V", undo: undoRiscv, alignment: 2 },
};

/**
 * A block header (xz-file-format 3.1), its CRC left out: size byte, flags (bits 0-1 filters less 1, bit 6 and 7
 * sizes follow), compressed size, uncompressed size, filters (id, size of properties, properties), zero padding.
 */
export function readBlockHeader(header: ByteReader): XzBlockHeader {
  const flags = header.u8(1);
  if ((flags & 0x3c) !== 0) header.fail(1, "reserved block flags are set");
  let at = 2;
  const number = () => {
    const { value, length } = readVli(header, at);
    at += length;
    return value;
  };
  const compressed = (flags & 0x40) === 0 ? undefined : number();
  const uncompressed = (flags & 0x80) === 0 ? undefined : number();

  const filters: XzFilter[] = [];
  for (let left = flags & 3; left >= 0; left--) {
    const idAt = at;
    const id = number();
    const size = number();
    const properties = header.part("filter properties", at, size);
    at += size;
    if (left === 0) {
      if (id !== LZMA2) header.fail(idAt, `last filter is ${filterName(id)}, must be LZMA2`);
      if (size !== 1) header.fail(idAt, `LZMA2 with ${size} bytes of properties`);
    } else {
      filters.push(readFilter(header, idAt, id, properties));
    }
  }
  if (header.bytes.subarray(at).some((byte) => byte !== 0)) header.fail(at, "padding is not zero");
  return { compressed, uncompressed, filters };
}

function readFilter(header: ByteReader, at: number, id: number, properties: ByteReader): XzFilter {
  if (id === DELTA) {
    if (properties.length !== 1)
      header.fail(at, `delta filter with ${properties.length} bytes of properties`);
    const distance = properties.u8(0) + 1;
    return { name: "delta", undo: (bytes) => undoDelta(bytes, distance) };
  }
  const kind = BRANCH_FILTERS[id];
  if (kind === undefined) return header.fail(at, `unknown filter ${filterName(id)}`);
  if (properties.length !== 0 && properties.length !== 4) {
    header.fail(at, `${kind.name} filter with ${properties.length} bytes of properties`);
  }
  const start = properties.length === 0 ? 0 : properties.u32(0);
  if (start % kind.alignment !== 0) header.fail(at, `${kind.name} filter that starts at ${start}`);
  return { name: kind.name, undo: (bytes) => kind.undo(bytes, start) };
}

function filterName(id: number): string {
  return id === DELTA ? "delta" : (BRANCH_FILTERS[id]?.name ?? `0x${id.toString(16)}`);
}
