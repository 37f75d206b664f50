import type { Btf } from "#formats/btf/btf.ts";

type Part = { readonly from: number; readonly to: number; readonly depth: number };

/**
 * The places of strings among each other, by their bytes: by offset, equal ones have the same place. Three-way radix quicksort, for comparing
 * strings as JavaScript has them takes ten times as long.
 *
 * @param offsets string offsets, in any order; is put in order
 */
export function placesOf(btf: Btf, offsets: Uint32Array): Map<number, number> {
  const byteAt = (index: number, depth: number): number => btf.stringByte((offsets[index] ?? 0) + depth);
  const waiting: Part[] = [{ from: 0, to: offsets.length, depth: 0 }];
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    const { from, to, depth } = part;
    if (to - from < 2) continue;
    const pivot = byteAt((from + to) >>> 1, depth);
    let less = from;
    let more = to;
    for (let i = from; i < more; ) {
      const byte = byteAt(i, depth);
      if (byte < pivot) swap(offsets, less++, i++);
      else if (byte > pivot) swap(offsets, i, --more);
      else i++;
    }
    waiting.push({ from, to: less, depth }, { from: more, to, depth });
    // Those that end here are equal.
    if (pivot !== 0) waiting.push({ from: less, to: more, depth: depth + 1 });
  }
  return numbered(btf, offsets);
}

function swap(list: Uint32Array, a: number, b: number): void {
  const value = list[a] ?? 0;
  list[a] = list[b] ?? 0;
  list[b] = value;
}

function numbered(btf: Btf, offsets: Uint32Array): Map<number, number> {
  const places = new Map<number, number>();
  let place = 0;
  for (let i = 0; i < offsets.length; i++) {
    const offset = offsets[i] ?? 0;
    if (i > 0 && !isSame(btf, offsets[i - 1] ?? 0, offset)) place++;
    places.set(offset, place);
  }
  return places;
}

function isSame(btf: Btf, a: number, b: number): boolean {
  for (let i = 0; ; i++) {
    const byte = btf.stringByte(a + i);
    if (byte !== btf.stringByte(b + i)) return false;
    if (byte === 0) return true;
  }
}
