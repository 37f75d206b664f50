import type { GrowingOutput } from "#formats/compression/growing-output.ts";

const TOP = 2 ** 24;
const CARRY = 2 ** 32;

/**
 * The range coder's other half: `low` may carry into bytes that are not written yet, so the last byte and
 * the ff bytes behind it are held back until that is decided.
 *
 * Source: LZMA SDK, "LZMA specification", read the other way around.
 */
export class RangeEncoder {
  readonly #out: GrowingOutput;
  readonly #probabilities: Uint16Array;
  #low = 0;
  #range = 0xffff_ffff;
  #held = 0;
  #heldCount = 1;

  /** @param probabilities one for each adaptive bit, all at their start value */
  constructor(out: GrowingOutput, probabilities: Uint16Array) {
    this.#out = out;
    this.#probabilities = probabilities;
  }

  bit(index: number, bit: number): void {
    const probability = this.#probabilities[index] ?? 0;
    const bound = (this.#range >>> 11) * probability;
    if (bit === 0) {
      this.#range = bound;
      this.#probabilities[index] = probability + ((2048 - probability) >>> 5);
    } else {
      this.#low += bound;
      this.#range -= bound;
      this.#probabilities[index] = probability - (probability >>> 5);
    }
    this.#normalize();
  }

  /** `count` bits of even odds, highest first. */
  direct(value: number, count: number): void {
    for (let i = count - 1; i >= 0; i--) {
      this.#range >>>= 1;
      if (((value >>> i) & 1) !== 0) this.#low += this.#range;
      this.#normalize();
    }
  }

  /** A number of `count` bits, highest first, each by a probability of its own for what came before it. */
  tree(base: number, value: number, count: number): void {
    let node = 1;
    for (let i = count - 1; i >= 0; i--) {
      const bit = (value >>> i) & 1;
      this.bit(base + node, bit);
      node = (node << 1) | bit;
    }
  }

  /** The same, lowest bit first. */
  reverseTree(base: number, value: number, count: number): void {
    let node = 1;
    for (let i = 0; i < count; i++) {
      const bit = (value >>> i) & 1;
      this.bit(base + node, bit);
      node = (node << 1) | bit;
    }
  }

  /** Writes out what is held back; nothing may follow. */
  finish(): void {
    for (let i = 0; i < 5; i++) this.#shift();
  }

  #normalize(): void {
    while (this.#range < TOP) {
      this.#range *= 256;
      this.#shift();
    }
  }

  #shift(): void {
    if (this.#low < 0xff00_0000 || this.#low >= CARRY) {
      const carry = this.#low >= CARRY ? 1 : 0;
      for (; this.#heldCount > 0; this.#heldCount--) {
        this.#out.push((this.#held + carry) & 0xff);
        this.#held = 0xff;
      }
      this.#held = Math.floor(this.#low / TOP) & 0xff;
    }
    this.#heldCount++;
    this.#low = (this.#low % TOP) * 256;
  }
}
