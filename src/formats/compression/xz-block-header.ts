import type { ByteReader } from "#bytes/reader.ts";
import { type BranchFilter, undoArm64, undoX86 } from "./branch-filters.ts";
import { readVli } from "./xz-check.ts";

export type XzFilter = {
  readonly name: string;
  /** Undefined for a filter that is known but not decoded here. */
  readonly undo: BranchFilter | undefined;
  readonly start: number;
};

export type XzBlockHeader = {
  /** Bytes, where the header states them. */
  readonly compressed: number | undefined;
  readonly uncompressed: number | undefined;
  /** The filters before LZMA2, in the order in which the encoder applied them. */
  readonly filters: readonly XzFilter[];
};

const LZMA2 = 0x21;
/** The filter ids of xz-file-format 5.3. Linux's xz_wrap.sh picks x86, arm64 or RISC-V for 64-bit kernels. */
const FILTERS: { readonly [id: number]: { readonly name: string; readonly undo?: BranchFilter } } = {
  3: { name: "delta" },
  4: { name: "x86", undo: undoX86 },
  5: { name: "PowerPC" },
  6: { name: "IA-64" },
  7: { name: "ARM" },
  8: { name: "ARM-Thumb" },
  9: { name: "SPARC" },
  10: { name: "arm64", undo: undoArm64 },
  11: { name: "RISC-V" },
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
      filters.push(branchFilter(header, idAt, id, properties));
    }
  }
  if (header.bytes.subarray(at).some((byte) => byte !== 0)) header.fail(at, "padding is not zero");
  return { compressed, uncompressed, filters };
}

function branchFilter(header: ByteReader, at: number, id: number, properties: ByteReader): XzFilter {
  const filter = FILTERS[id];
  if (filter === undefined) return header.fail(at, `unknown filter ${filterName(id)}`);
  const { name, undo } = filter;
  if (undo === undefined) return { name, undo, start: 0 };
  if (properties.length !== 0 && properties.length !== 4) {
    header.fail(at, `${name} filter with ${properties.length} bytes of properties`);
  }
  return { name, undo, start: properties.length === 0 ? 0 : properties.u32(0) };
}

function filterName(id: number): string {
  return FILTERS[id]?.name ?? `0x${id.toString(16)}`;
}
