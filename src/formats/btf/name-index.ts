/** FNV-1a over the bytes from `start` up to a NUL or the end. */
export function hashOf(bytes: Uint8Array, start: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === 0) break;
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return hash >>> 0;
}

/** Whether the bytes from `start` are `name` and a NUL. */
export function isStringAt(bytes: Uint8Array, start: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) {
    if (bytes[start + i] !== name[i]) return false;
  }
  return bytes[start + name.length] === 0;
}

/**
 * A hash table over the names of numbered things, in two flat arrays: `heads` has the first of each
 * bucket, `next` the one behind each, both plus one. Holds no names; whoever asks compares them.
 */
export class NameIndex {
  readonly #heads: Uint32Array;
  readonly #next: Uint32Array;

  /** `count` things, of which number `index` has a name with the hash `hash(index)`. */
  constructor(count: number, hash: (index: number) => number) {
    this.#heads = new Uint32Array(2 ** Math.ceil(Math.log2(count + 1)));
    this.#next = new Uint32Array(count);
    const mask = this.#heads.length - 1;
    // Backwards, so that a bucket lists rising numbers.
    for (let index = count - 1; index >= 0; index--) {
      const bucket = hash(index) & mask;
      this.#next[index] = this.#heads[bucket] ?? 0;
      this.#heads[bucket] = index + 1;
    }
  }

  /** The numbers in the bucket of `hash`, rising: all with that hash, and some others. */
  *bucket(hash: number): Generator<number> {
    let entry = this.#heads[hash & (this.#heads.length - 1)] ?? 0;
    while (entry !== 0) {
      yield entry - 1;
      entry = this.#next[entry - 1] ?? 0;
    }
  }
}
