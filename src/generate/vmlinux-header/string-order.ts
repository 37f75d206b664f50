import { isSameString } from "./turns.ts";

/**
 * The places of strings among each other, by their bytes: by offset, equal ones have the same place. Three-way radix quicksort, for comparing
 * strings as JavaScript has them takes ten times as long.
 *
 * @param offsets string offsets, in any order; is put in order
 */
export function placesOf(strings: Uint8Array, offsets: Uint32Array): Map<number, number> {
  // Parts that are still to be sorted: from, to, and how many bytes of theirs are known to be equal.
  const waiting: number[] = [0, offsets.length, 0];
  while (waiting.length > 0) {
    const depth = waiting.pop() ?? 0;
    const to = waiting.pop() ?? 0;
    const from = waiting.pop() ?? 0;
    if (to - from < 2) continue;
    const pivot = strings[(offsets[(from + to) >>> 1] ?? 0) + depth] ?? 0;
    let less = from;
    let more = to;
    for (let i = from; i < more; ) {
      const offset = offsets[i] ?? 0;
      const byte = strings[offset + depth] ?? 0;
      if (byte < pivot) {
        offsets[i++] = offsets[less] ?? 0;
        offsets[less++] = offset;
      } else if (byte > pivot) {
        offsets[i] = offsets[--more] ?? 0;
        offsets[more] = offset;
      } else i++;
    }
    waiting.push(from, less, depth, more, to, depth);
    // Those that end here are equal.
    if (pivot !== 0) waiting.push(less, more, depth + 1);
  }
  return numbered(strings, offsets);
}

function numbered(strings: Uint8Array, offsets: Uint32Array): Map<number, number> {
  const places = new Map<number, number>();
  let place = 0;
  for (let i = 0; i < offsets.length; i++) {
    const offset = offsets[i] ?? 0;
    if (i > 0 && !isSameString(strings, offsets[i - 1] ?? 0, offset)) place++;
    places.set(offset, place);
  }
  return places;
}
