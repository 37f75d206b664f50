/** Counts how often each name comes up. Names are strings of the BTF by their offsets; the same bytes at two places are one name. */
export class Turns {
  readonly #strings: Uint8Array;
  /** A hash table with open addresses: each slot has a string offset, 0 where it is free. */
  #slots = new Uint32Array(1 << 15);
  #counts = new Uint32Array(1 << 15);
  #used = 0;

  constructor(strings: Uint8Array) {
    this.#strings = strings;
  }

  /** 1 when the name comes up for the first time. */
  next(name: number): number {
    if (2 * this.#used >= this.#slots.length) this.#grow();
    const slot = this.#slotOf(name);
    if (this.#slots[slot] === 0) {
      this.#slots[slot] = name;
      this.#used++;
    }
    const turn = (this.#counts[slot] ?? 0) + 1;
    this.#counts[slot] = turn;
    return turn;
  }

  #slotOf(name: number): number {
    const strings = this.#strings;
    const slots = this.#slots;
    const mask = slots.length - 1;
    let hash = 0;
    for (let at = name, byte = strings[at] ?? 0; byte !== 0; byte = strings[++at] ?? 0) {
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    for (let slot = (hash ^ (hash >>> 15)) & mask; ; slot = (slot + 1) & mask) {
      const found = slots[slot] ?? 0;
      if (found === 0 || found === name || isSameString(strings, found, name)) return slot;
    }
  }

  #grow(): void {
    const slots = this.#slots;
    const counts = this.#counts;
    this.#slots = new Uint32Array(2 * slots.length);
    this.#counts = new Uint32Array(2 * slots.length);
    for (const [i, name] of slots.entries()) {
      if (name === 0) continue;
      const slot = this.#slotOf(name);
      this.#slots[slot] = name;
      this.#counts[slot] = counts[i] ?? 0;
    }
  }
}

export function isSameString(strings: Uint8Array, a: number, b: number): boolean {
  for (let i = 0; ; i++) {
    const byte = strings[a + i];
    if (byte !== strings[b + i]) return false;
    if (byte === 0) return true;
  }
}
