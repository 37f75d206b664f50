import { ByteReader, decoding } from "#bytes/reader.ts";
import type { Btf } from "./btf.ts";
import { decodeBtf } from "./decode.ts";
import { readBtfSections } from "./header.ts";

export type FoundBtf = {
  /** In bytes from the start of the searched bytes. */
  readonly offset: number;
  readonly length: number;
  readonly btf: Btf;
};

/** How BTF begins, in both byte orders, up to hdr_len, which is 24 or (kernels from 7.2) 32. */
const BEGINNINGS = [24, 32].flatMap((length) => [
  { littleEndian: true, start: Buffer.from([0x9f, 0xeb, 1, 0, length, 0, 0, 0]) },
  { littleEndian: false, start: Buffer.from([0xeb, 0x9f, 1, 0, 0, 0, 0, length]) },
]);

/** Bytes decoded in vain, as a multiple of those searched, after which the search ends: many false starts. */
const MAX_VAIN_WORK = 8;

/**
 * Looks for BTF in bytes of any kind: an arm64 `Image` holds `.BTF` but no section headers. What is
 * found has been decoded whole. Of several, a kernel's (it has the type `task_struct`) wins, then
 * the largest. Undefined where there is none.
 */
export function findBtf(bytes: Uint8Array): FoundBtf | undefined {
  const found = BEGINNINGS.flatMap(({ littleEndian, start }) => candidates(bytes, start, littleEndian));
  let best: FoundBtf | undefined;
  let bestIsKernel = false;
  for (const one of found) {
    const isKernel = one.btf.find("task_struct", ["struct"]) !== undefined;
    const wins = isKernel === bestIsKernel ? one.length > (best?.length ?? 0) : isKernel;
    if (!wins) continue;
    best = one;
    bestIsKernel = isKernel;
  }
  return best;
}

function candidates(bytes: Uint8Array, start: Buffer, littleEndian: boolean): FoundBtf[] {
  const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: FoundBtf[] = [];
  let vainWork = 0;
  let at = haystack.indexOf(start);
  while (at >= 0 && vainWork <= MAX_VAIN_WORK * bytes.length) {
    const length = claimedLength(bytes.subarray(at), littleEndian);
    const one = length === undefined ? undefined : decodeBtf(bytes.subarray(at, at + length), { offset: at });
    if (length !== undefined && one?.ok === true && one.value.typeCount > 1) {
      found.push({ offset: at, length, btf: one.value });
      at = haystack.indexOf(start, at + length);
    } else {
      vainWork += length ?? 0;
      at = haystack.indexOf(start, at + 1);
    }
  }
  return found;
}

/** Where the last section ends, if the header is good and that is still within `bytes`. */
function claimedLength(bytes: Uint8Array, littleEndian: boolean): number | undefined {
  const reader = new ByteReader(bytes, { format: "BTF", section: "header", littleEndian });
  const header = decoding(() => readBtfSections(reader));
  return header.ok && header.value.end <= bytes.length ? header.value.end : undefined;
}
