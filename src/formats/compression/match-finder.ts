const HASH_BITS = 16;
const MIN_MATCH = 4;

export type MatchOptions = {
  /** Where to begin and stop; matches do not reach outside. */
  readonly start: number;
  readonly end: number;
  readonly maxDistance: number;
  readonly maxLength: number;
  /** No match begins in this many bytes before `end`, */
  readonly lastStart?: number;
  /** and none covers this many. */
  readonly lastLiterals?: number;
};

/**
 * Finds repetitions of 4 bytes or more, greedily: at each place the most recent one with the same hash is taken or nothing.
 * `emit` gets the literals before each match as a range of the input, then its distance and length.
 *
 * @returns where the literals behind the last match begin
 */
export function findMatches(
  bytes: Uint8Array,
  options: MatchOptions,
  emit: (literalsFrom: number, literalsTo: number, distance: number, length: number) => void,
): number {
  const { start, end, maxDistance, maxLength } = options;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const recent = new Int32Array(1 << HASH_BITS).fill(-1);
  const lastStart = end - Math.max(options.lastStart ?? 0, MIN_MATCH);
  const matchEnd = end - (options.lastLiterals ?? 0);
  let literals = start;
  for (let at = start; at <= lastStart; ) {
    const word = view.getUint32(at, true);
    const slot = Math.imul(word, 0x9e3779b1) >>> (32 - HASH_BITS);
    const candidate = recent[slot] ?? -1;
    recent[slot] = at;
    if (candidate < 0 || at - candidate > maxDistance || view.getUint32(candidate, true) !== word) {
      // The longer nothing repeats, the larger the steps: what is compressed already is passed over quickly.
      at += 1 + ((at - literals) >>> 6);
      continue;
    }
    const limit = Math.min(matchEnd - at, maxLength);
    let length = MIN_MATCH;
    while (length < limit && bytes[candidate + length] === bytes[at + length]) length++;
    emit(literals, at, at - candidate, length);
    at += length;
    literals = at;
  }
  return literals;
}
