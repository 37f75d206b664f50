import {
  DISTANCE_ALIGN,
  DISTANCE_SLOT,
  DISTANCE_SPECIAL,
  IS_MATCH,
  IS_REP,
  IS_REP0,
  IS_REP0_LONG,
  IS_REP1,
  IS_REP2,
  LENGTH_HIGH,
  LENGTH_LOW,
  LENGTH_MID,
  LITERAL,
  LITERAL_CODER,
  MATCH_LENGTH,
  POSITION_STATES,
  PROBABILITY_INIT,
  REP_LENGTH,
} from "./lzma-model.ts";

/** Bits of literal context, of literal position and of match position: lc, lp, pb. */
export type LzmaProperties = { readonly lc: number; readonly lp: number; readonly pb: number };

/** Unpacks the properties byte `(pb * 5 + lp) * 9 + lc`; undefined if it is none. */
export function lzmaProperties(byte: number): LzmaProperties | undefined {
  if (byte >= 9 * 5 * 5) return undefined;
  return { lc: byte % 9, lp: Math.floor(byte / 9) % 5, pb: Math.floor(byte / 45) };
}

/** Why decoding stopped: the wanted output is there, the end marker came, or the stream is broken. */
export type LzmaStop = "filled" | "end-marker" | "truncated" | "bad-distance" | "match-too-long";

/** No match is longer; an output that may be overrun by one needs this much room behind its end. */
export const LZMA_MAX_MATCH = 273;

/**
 * The LZMA decoder that .lzma and LZMA2 share. The output buffer is the dictionary, so nothing is copied
 * out of a window. All integers are 32 bits, kept signed: that is what the engine stores unboxed.
 *
 * The caller sets `input`, `inputEnd` and `output`, and calls `resetProperties`, `resetState` and
 * `startRange` in the order that its container prescribes.
 *
 * Source: LZMA SDK, "LZMA specification" (Igor Pavlov, public domain).
 */
export class LzmaDecoder {
  input: Uint8Array;
  inputPosition = 0;
  inputEnd = 0;
  output: Uint8Array;
  outputPosition = 0;
  /** Output position where the dictionary was last emptied. */
  dictionaryStart = 0;

  #probabilities = new Uint16Array(LITERAL);
  #lc = 0;
  #literalPositionMask = 0;
  #positionMask = 0;
  #state = 0;
  #rep0 = 0;
  #rep1 = 0;
  #rep2 = 0;
  #rep3 = 0;
  #range = 0;
  #code = 0;

  constructor(input: Uint8Array, output: Uint8Array) {
    this.input = input;
    this.output = output;
  }

  resetProperties(properties: LzmaProperties): void {
    this.#lc = properties.lc;
    this.#literalPositionMask = (1 << properties.lp) - 1;
    this.#positionMask = (1 << properties.pb) - 1;
    const size = LITERAL + (LITERAL_CODER << (properties.lc + properties.lp));
    if (this.#probabilities.length !== size) this.#probabilities = new Uint16Array(size);
  }

  resetState(): void {
    this.#probabilities.fill(PROBABILITY_INIT);
    this.#state = 0;
    this.#rep0 = 0;
    this.#rep1 = 0;
    this.#rep2 = 0;
    this.#rep3 = 0;
  }

  /** Starts the range decoder at `inputPosition`: a zero byte and four of code. False if they are not there. */
  startRange(): boolean {
    const at = this.inputPosition;
    if (this.inputEnd - at < 5 || this.input[at] !== 0) return false;
    this.#range = -1;
    this.#code = 0;
    for (let i = 1; i < 5; i++) this.#code = (this.#code << 8) | (this.input[at + i] ?? 0);
    this.inputPosition = at + 5;
    return true;
  }

  /** Whether the range decoder is where an encoder leaves it at the end of a stream or chunk. */
  get finished(): boolean {
    return this.#code === 0;
  }

  /**
   * Decodes until the output position is `end` or beyond.
   *
   * @param mayOverrun whether the last match may go past `end` (the output then needs `LZMA_MAX_MATCH` bytes more)
   */
  decode(end: number, mayOverrun: boolean): LzmaStop {
    while (this.outputPosition < end) {
      const positionState = (this.outputPosition - this.dictionaryStart) & this.#positionMask;
      if (this.#bit(IS_MATCH + this.#state * POSITION_STATES + positionState) === 0) {
        this.#literal();
      } else {
        const length = this.#match(positionState);
        if (this.inputPosition > this.inputEnd) return "truncated";
        if (this.#rep0 === -1) return "end-marker";
        const distance = (this.#rep0 >>> 0) + 1;
        if (distance > this.outputPosition - this.dictionaryStart) return "bad-distance";
        if (!mayOverrun && length > end - this.outputPosition) return "match-too-long";
        this.#copy(distance, length);
      }
      if (this.inputPosition > this.inputEnd) return "truncated";
    }
    return "filled";
  }

  /** One bit by the probability at `index`, which it then moves a 32nd of the way to what came. */
  #bit(index: number): 0 | 1 {
    const probabilities = this.#probabilities;
    const probability = probabilities[index] ?? 0;
    const bound = Math.imul(this.#range >>> 11, probability);
    let bit: 0 | 1 = 0;
    if (this.#code >>> 0 < bound >>> 0) {
      this.#range = bound;
      probabilities[index] = probability + ((2048 - probability) >>> 5);
    } else {
      this.#range = (this.#range - bound) | 0;
      this.#code = (this.#code - bound) | 0;
      probabilities[index] = probability - (probability >>> 5);
      bit = 1;
    }
    if (this.#range >>> 24 === 0) this.#shift();
    return bit;
  }

  #shift(): void {
    this.#range <<= 8;
    this.#code = (this.#code << 8) | (this.input[this.inputPosition++] ?? 0);
  }

  /** `bits` bits of even odds, highest first. */
  #directBits(bits: number): number {
    let range = this.#range;
    let code = this.#code;
    let value = 0;
    for (let i = 0; i < bits; i++) {
      range >>>= 1;
      // All ones where the code is below the range, which is then not taken off, else zero.
      const below = (code - range) >> 31;
      code = (code - range + (range & below)) | 0;
      value = (value << 1) + below + 1;
      if (range >>> 24 === 0) {
        range <<= 8;
        code = (code << 8) | (this.input[this.inputPosition++] ?? 0);
      }
    }
    this.#range = range;
    this.#code = code;
    return value;
  }

  /**
   * A number whose bits each have a probability of their own for what came before them; highest first.
   *
   * @param node 1, or the bits that are known already behind a 1
   * @param end the value, above all bits of the number, of the 1 that leads it
   *
   * Most of the time is spent here. `#bit` is written out, so that range and code stay in registers from bit to bit.
   */
  #tree(base: number, node: number, end: number): number {
    const probabilities = this.#probabilities;
    let range = this.#range;
    let code = this.#code;
    let symbol = node;
    while (symbol < end) {
      const probability = probabilities[base + symbol] ?? 0;
      const bound = Math.imul(range >>> 11, probability);
      if (code >>> 0 < bound >>> 0) {
        range = bound;
        probabilities[base + symbol] = probability + ((2048 - probability) >>> 5);
        symbol <<= 1;
      } else {
        range = (range - bound) | 0;
        code = (code - bound) | 0;
        probabilities[base + symbol] = probability - (probability >>> 5);
        symbol = (symbol << 1) | 1;
      }
      if (range >>> 24 === 0) {
        range <<= 8;
        code = (code << 8) | (this.input[this.inputPosition++] ?? 0);
      }
    }
    this.#range = range;
    this.#code = code;
    return symbol - end;
  }

  /** A number of `bits` bits, lowest first. */
  #reverseTree(base: number, bits: number): number {
    const probabilities = this.#probabilities;
    let range = this.#range;
    let code = this.#code;
    let node = 1;
    let value = 0;
    for (let i = 0; i < bits; i++) {
      const probability = probabilities[base + node] ?? 0;
      const bound = Math.imul(range >>> 11, probability);
      if (code >>> 0 < bound >>> 0) {
        range = bound;
        probabilities[base + node] = probability + ((2048 - probability) >>> 5);
        node <<= 1;
      } else {
        range = (range - bound) | 0;
        code = (code - bound) | 0;
        probabilities[base + node] = probability - (probability >>> 5);
        node = (node << 1) | 1;
        value |= 1 << i;
      }
      if (range >>> 24 === 0) {
        range <<= 8;
        code = (code << 8) | (this.input[this.inputPosition++] ?? 0);
      }
    }
    this.#range = range;
    this.#code = code;
    return value;
  }

  #literal(): void {
    const position = this.outputPosition - this.dictionaryStart;
    const previous = position === 0 ? 0 : (this.output[this.outputPosition - 1] ?? 0);
    const context = ((position & this.#literalPositionMask) << this.#lc) + (previous >>> (8 - this.#lc));
    const base = LITERAL + LITERAL_CODER * context;
    let symbol = 1;
    if (this.#state >= 7) {
      // Behind a match, the byte that would have continued it is context too, until a bit differs.
      let matched = this.output[this.outputPosition - (this.#rep0 >>> 0) - 1] ?? 0;
      while (symbol < 0x100) {
        const expected = (matched >>> 7) & 1;
        matched <<= 1;
        const bit = this.#bit(base + ((1 + expected) << 8) + symbol);
        symbol = (symbol << 1) | bit;
        if (bit !== expected) break;
      }
    }
    this.output[this.outputPosition++] = this.#tree(base, symbol, 0x100);
    this.#state = this.#state < 4 ? 0 : this.#state < 10 ? this.#state - 3 : this.#state - 6;
  }

  /** Reads what follows a match bit, leaves the distance less one in `rep0` and returns the length. */
  #match(positionState: number): number {
    const state = this.#state;
    if (this.#bit(IS_REP + state) === 0) {
      this.#rep3 = this.#rep2;
      this.#rep2 = this.#rep1;
      this.#rep1 = this.#rep0;
      const length = this.#length(MATCH_LENGTH, positionState);
      this.#state = state < 7 ? 7 : 10;
      this.#rep0 = this.#distance(length);
      return length;
    }
    if (this.#bit(IS_REP0 + state) === 0) {
      if (this.#bit(IS_REP0_LONG + state * POSITION_STATES + positionState) === 0) {
        this.#state = state < 7 ? 9 : 11;
        return 1;
      }
    } else {
      const distance = this.#olderDistance(state);
      this.#rep1 = this.#rep0;
      this.#rep0 = distance;
    }
    this.#state = state < 7 ? 8 : 11;
    return this.#length(REP_LENGTH, positionState);
  }

  #olderDistance(state: number): number {
    if (this.#bit(IS_REP1 + state) === 0) return this.#rep1;
    let distance = this.#rep2;
    if (this.#bit(IS_REP2 + state) === 1) {
      distance = this.#rep3;
      this.#rep3 = this.#rep2;
    }
    this.#rep2 = this.#rep1;
    return distance;
  }

  #length(coder: number, positionState: number): number {
    if (this.#bit(coder) === 0) return 2 + this.#tree(coder + LENGTH_LOW + positionState * 8, 1, 8);
    if (this.#bit(coder + 1) === 0) return 10 + this.#tree(coder + LENGTH_MID + positionState * 8, 1, 8);
    return 18 + this.#tree(coder + LENGTH_HIGH, 1, 0x100);
  }

  #distance(length: number): number {
    const slot = this.#tree(DISTANCE_SLOT + Math.min(length - 2, 3) * 64, 1, 64);
    if (slot < 4) return slot;
    const bits = (slot >>> 1) - 1;
    const high = (2 | (slot & 1)) << bits;
    // The reverse trees of slots 4 to 13 overlap by design: each begins one before its own first node.
    if (slot < 14) return high + this.#reverseTree(DISTANCE_SPECIAL + high - slot, bits);
    return (high + (this.#directBits(bits - 4) << 4) + this.#reverseTree(DISTANCE_ALIGN, 4)) | 0;
  }

  #copy(distance: number, length: number): void {
    const output = this.output;
    const end = this.outputPosition + length;
    for (let i = this.outputPosition; i < end; i++) output[i] = output[i - distance] ?? 0;
    this.outputPosition = end;
  }
}
