import type { BitReader } from "./bzip2-bits.ts";

const MAX_LENGTH = 20;
const GROUP = 50;

/** A canonical Huffman code: codes of one length are consecutive numbers, shorter ones come first. */
type Code = {
  readonly shortest: number;
  /** The largest code of each length; -1 where there is none. */
  readonly last: Int32Array;
  /** What a code of each length is more than its place among the symbols. */
  readonly offset: Int32Array;
  /** The symbols in the order of their codes. */
  readonly symbols: Uint16Array;
};

/** Yields a block's symbols, each group of 50 by the code that its selector names. */
export class SymbolReader {
  readonly #bits: BitReader;
  readonly #codes: readonly Code[];
  readonly #selectors: Uint8Array;
  #group = 0;
  #left = 0;
  #code: Code;

  /** Reads the selectors and the codes (2 to 6) of an alphabet of `size` symbols. */
  constructor(bits: BitReader, size: number) {
    this.#bits = bits;
    const count = bits.bits(3);
    if (count < 2 || count > 6) bits.fail(`${count} Huffman codes`);
    this.#selectors = readSelectors(bits, count);
    this.#codes = Array.from({ length: count }, () => readCode(bits, size));
    this.#code = this.#codes[0] ?? bits.fail("no Huffman code");
  }

  next(): number {
    const bits = this.#bits;
    if (this.#left === 0) {
      const selector = this.#selectors[this.#group++];
      if (selector === undefined) return bits.fail("more symbols than the selectors are for");
      this.#code = this.#codes[selector] ?? bits.fail(`selector ${selector}`);
      this.#left = GROUP;
    }
    this.#left--;
    const { shortest, last, offset, symbols } = this.#code;
    let code = bits.bits(shortest);
    for (let length = shortest; length <= MAX_LENGTH; length++) {
      if (code <= (last[length] ?? -1)) {
        return symbols[code - (offset[length] ?? 0)] ?? bits.fail("no symbol has this code");
      }
      code = (code << 1) | bits.bits(1);
    }
    return bits.fail("no symbol has this code");
  }
}

/** Selectors are places in a move-to-front list of the codes, each in as many 1 bits before a 0. */
function readSelectors(bits: BitReader, codes: number): Uint8Array {
  const count = bits.bits(15);
  if (count === 0) bits.fail("no selectors");
  const recent = Array.from({ length: codes }, (_, i) => i);
  return Uint8Array.from({ length: count }, () => {
    let place = 0;
    while (bits.bits(1) === 1) if (++place >= codes) bits.fail(`selector of ${codes} codes`);
    const [selected = 0] = recent.splice(place, 1);
    recent.unshift(selected);
    return selected;
  });
}

/** Lengths as differences: 0 takes the length, 10 adds one to it first, 11 takes one away. */
function readCode(bits: BitReader, size: number): Code {
  let length = bits.bits(5);
  const lengths = Array.from({ length: size }, () => {
    for (;;) {
      if (length < 1 || length > MAX_LENGTH) bits.fail(`code of ${length} bits`);
      if (bits.bits(1) === 0) return length;
      length += bits.bits(1) === 0 ? 1 : -1;
    }
  });
  const symbols = Uint16Array.from(lengths.keys()).sort(
    (a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0) || a - b,
  );
  const last = new Int32Array(MAX_LENGTH + 1).fill(-1);
  const offset = new Int32Array(MAX_LENGTH + 1);
  let code = 0;
  let place = 0;
  for (let bitsLong = 1; bitsLong <= MAX_LENGTH; bitsLong++) {
    const count = lengths.filter((candidate) => candidate === bitsLong).length;
    offset[bitsLong] = code - place;
    if (count > 0) last[bitsLong] = code + count - 1;
    if (code + count > 2 ** bitsLong) bits.fail("Huffman code with more symbols than it has room for");
    place += count;
    code = (code + count) << 1;
  }
  return { shortest: Math.min(...lengths), last, offset, symbols };
}
