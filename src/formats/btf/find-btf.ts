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

/** The first four bytes of these, as a little-endian word. */
const FIRST_WORDS = [0x0001eb9f, 0x00019feb] as const;

/** Bytes decoded in vain, as a multiple of those searched, after which the search ends: many false starts. */
const MAX_VAIN_WORK = 8;

/**
 * Looks for BTF in bytes of any kind: an arm64 `Image` holds `.BTF` but no section headers. What is
 * found has been decoded whole. Of several, a kernel's (it has the type `task_struct`) wins, then
 * the largest. Undefined where there is none.
 */
export function findBtf(bytes: Uint8Array): FoundBtf | undefined {
  // Linkers align it as a rule, and only every fourth byte is then looked at.
  const aligned = best(candidates(bytes, alignedBeginnings(bytes)));
  if (aligned !== undefined && isKernels(aligned)) return aligned;
  return best(BEGINNINGS.flatMap((beginning) => candidates(bytes, allBeginnings(bytes, beginning))));
}

function best(found: readonly FoundBtf[]): FoundBtf | undefined {
  let first: FoundBtf | undefined;
  for (const one of found) {
    const kernels = first !== undefined && isKernels(first);
    const wins = isKernels(one) === kernels ? one.length > (first?.length ?? 0) : isKernels(one);
    if (wins) first = one;
  }
  return first;
}

function isKernels({ btf }: FoundBtf): boolean {
  return btf.find("task_struct", ["struct"]) !== undefined;
}

type Beginning = { readonly at: number; readonly littleEndian: boolean };

/** Gives the first beginning at `from` or after it. */
type Search = (from: number) => Beginning | undefined;

function alignedBeginnings(bytes: Uint8Array): Search {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [little, big] = FIRST_WORDS;
  return (from) => {
    for (let at = Math.ceil(from / 4) * 4; at + 8 <= bytes.length; at += 4) {
      const word = view.getUint32(at, true);
      if (word !== little && word !== big) continue;
      const next = Buffer.from(bytes.buffer, bytes.byteOffset + at, 8);
      const beginning = BEGINNINGS.find(({ start }) => next.equals(start));
      if (beginning !== undefined) return { at, littleEndian: beginning.littleEndian };
    }
    return undefined;
  };
}

function allBeginnings(bytes: Uint8Array, { start, littleEndian }: (typeof BEGINNINGS)[number]): Search {
  const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (from) => {
    const at = haystack.indexOf(start, from);
    return at < 0 ? undefined : { at, littleEndian };
  };
}

function candidates(bytes: Uint8Array, search: Search): FoundBtf[] {
  const found: FoundBtf[] = [];
  let vainWork = 0;
  let next = search(0);
  while (next !== undefined && vainWork <= MAX_VAIN_WORK * bytes.length) {
    const { at, littleEndian } = next;
    const length = claimedLength(bytes.subarray(at), littleEndian);
    const one = length === undefined ? undefined : decodeBtf(bytes.subarray(at, at + length), { offset: at });
    if (length !== undefined && one?.ok === true && one.value.typeCount > 1) {
      found.push({ offset: at, length, btf: one.value });
      next = search(at + length);
    } else {
      vainWork += length ?? 0;
      next = search(at + 1);
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
