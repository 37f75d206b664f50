import { GrowingOutput } from "#formats/compression/growing-output.ts";
import { findMatches } from "#formats/compression/match-finder.ts";
import type { Compressor } from "#formats/compression/types.ts";
import {
  DISTANCE_ALIGN,
  DISTANCE_SLOT,
  DISTANCE_SPECIAL,
  IS_MATCH,
  IS_REP,
  LENGTH_HIGH,
  LENGTH_LOW,
  LENGTH_MID,
  LITERAL,
  LITERAL_CODER,
  MATCH_LENGTH,
  POSITION_STATES,
  PROBABILITY_INIT,
} from "./lzma-model.ts";
import { RangeEncoder } from "./lzma-range-encoder.ts";

/** lc=3, lp=0, pb=2, as every encoder in use has it. */
const PROPERTIES = 0x5d;
const LITERAL_CONTEXT_BITS = 3;
const POSITION_MASK = 3;
const DICTIONARY = 8 * 1024 * 1024;
const MAX_MATCH = 273;
const END_MARKER = 0xffff_ffff;

/**
 * Writes a .lzma file as `lzma -9` does from a pipe: unknown size, end marker. Literals and plain matches only,
 * never the repeated distances that the format has shorter codes for.
 *
 * Source: LZMA SDK, "LZMA specification"; xz, doc/lzma-file-format.txt.
 */
export const compressLzmaAlone: Compressor = (bytes) => {
  const out = new GrowingOutput(Number.POSITIVE_INFINITY, (bytes.length >>> 1) + 64);
  const header = new Uint8Array(13).fill(0xff);
  header[0] = PROPERTIES;
  new DataView(header.buffer).setUint32(1, DICTIONARY, true);
  out.append(header);
  const encoder = new LzmaEncoder(bytes, out);
  const options = { start: 0, end: bytes.length, maxDistance: DICTIONARY, maxLength: MAX_MATCH };
  const rest = findMatches(bytes, options, (from, to, distance, length) => {
    encoder.literals(from, to);
    encoder.match(to, distance - 1, length);
  });
  encoder.literals(rest, bytes.length);
  encoder.match(bytes.length, END_MARKER, 2);
  encoder.finish();
  return out.bytes;
};

class LzmaEncoder {
  readonly #bytes: Uint8Array;
  readonly #range: RangeEncoder;
  #state = 0;
  /** Distance of the last match, less 1. */
  #distance = 0;

  constructor(bytes: Uint8Array, out: GrowingOutput) {
    this.#bytes = bytes;
    const size = LITERAL + (LITERAL_CODER << LITERAL_CONTEXT_BITS);
    this.#range = new RangeEncoder(out, new Uint16Array(size).fill(PROBABILITY_INIT));
  }

  literals(from: number, to: number): void {
    for (let at = from; at < to; at++) this.#literal(at);
  }

  #literal(at: number): void {
    this.#range.bit(IS_MATCH + this.#state * POSITION_STATES + (at & POSITION_MASK), 0);
    const previous = at === 0 ? 0 : (this.#bytes[at - 1] ?? 0);
    const base = LITERAL + LITERAL_CODER * (previous >>> (8 - LITERAL_CONTEXT_BITS));
    const byte = this.#bytes[at] ?? 0;
    // Behind a match, the byte that would have continued it is context until a bit differs.
    let matched = this.#state >= 7 ? (this.#bytes[at - this.#distance - 1] ?? 0) : undefined;
    let symbol = 1;
    for (let i = 7; i >= 0; i--) {
      const bit = (byte >>> i) & 1;
      const expected: number | undefined = matched === undefined ? undefined : (matched >>> i) & 1;
      this.#range.bit(base + (expected === undefined ? 0 : (1 + expected) << 8) + symbol, bit);
      if (expected !== bit) matched = undefined;
      symbol = (symbol << 1) | bit;
    }
    this.#state = this.#state < 4 ? 0 : this.#state < 10 ? this.#state - 3 : this.#state - 6;
  }

  /** @param distance less 1; @param length 2 to 273 */
  match(at: number, distance: number, length: number): void {
    const positionState = at & POSITION_MASK;
    this.#range.bit(IS_MATCH + this.#state * POSITION_STATES + positionState, 1);
    this.#range.bit(IS_REP + this.#state, 0);
    this.#length(length - 2, positionState);
    this.#writeDistance(distance, Math.min(length - 2, 3));
    this.#distance = distance;
    this.#state = this.#state < 7 ? 7 : 10;
  }

  #length(length: number, positionState: number): void {
    const long = length >= 8 ? 1 : 0;
    this.#range.bit(MATCH_LENGTH, long);
    if (long === 0) {
      this.#range.tree(MATCH_LENGTH + LENGTH_LOW + positionState * 8, length, 3);
      return;
    }
    const longer = length >= 16 ? 1 : 0;
    this.#range.bit(MATCH_LENGTH + 1, longer);
    if (longer === 0) this.#range.tree(MATCH_LENGTH + LENGTH_MID + positionState * 8, length - 8, 3);
    else this.#range.tree(MATCH_LENGTH + LENGTH_HIGH, length - 16, 8);
  }

  /** A slot says how many bits there are and which the highest two are; then come the others. */
  #writeDistance(distance: number, lengthState: number): void {
    const bits = 31 - Math.clz32(distance);
    const slot = distance < 4 ? distance : bits * 2 + ((distance >>> (bits - 1)) & 1);
    this.#range.tree(DISTANCE_SLOT + lengthState * 64, slot, 6);
    if (slot < 4) return;
    const footer = bits - 1;
    const high = ((2 | (slot & 1)) << footer) >>> 0;
    if (slot < 14) {
      this.#range.reverseTree(DISTANCE_SPECIAL + high - slot, distance - high, footer);
      return;
    }
    this.#range.direct((distance - high) >>> 4, footer - 4);
    this.#range.reverseTree(DISTANCE_ALIGN, distance & 15, 4);
  }

  finish(): void {
    this.#range.finish();
  }
}
