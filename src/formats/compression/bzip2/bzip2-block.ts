import type { BitReader } from "./bzip2-bits.ts";
import { SymbolReader } from "./bzip2-huffman.ts";

const RUN_B = 1;

/**
 * Decodes the content of a block behind its header, as far as the end of the Burrows-Wheeler transform: what
 * is left is the run-length coding that the compressor applied first.
 *
 * @param capacity the stream's block size in bytes
 */
export function decodeBzip2Block(bits: BitReader, capacity: number): Uint8Array {
  const origin = bits.bits(24);
  const used = readUsed(bits);
  const symbols = new SymbolReader(bits, used.length + 2);
  const sorted = readSorted(bits, symbols, used, capacity);
  if (origin >= sorted.length) bits.fail(`origin ${origin} in a block of ${sorted.length} bytes`);
  return untransform(sorted, origin);
}

/** The byte values that occur: a bit for each sixteen of them, then a bit for each of the sixteens that have any. */
function readUsed(bits: BitReader): Uint8Array {
  const groups = bits.bits(16);
  const used: number[] = [];
  for (let group = 0; group < 16; group++) {
    if (((groups << group) & 0x8000) === 0) continue;
    const members = bits.bits(16);
    for (let i = 0; i < 16; i++) if (((members << i) & 0x8000) !== 0) used.push(group * 16 + i);
  }
  if (used.length === 0) bits.fail("block without any byte value");
  return Uint8Array.from(used);
}

/**
 * Symbols 0 and 1 write the length of a run of the most recent byte value, in digits 1 and 2 of base 2 from the
 * lowest; the others are places in a move-to-front list; the last ends the block.
 */
function readSorted(bits: BitReader, symbols: SymbolReader, used: Uint8Array, capacity: number): Uint8Array {
  const recent = used;
  // Not zeroed: of thousands of small blocks, that would take most of the time.
  const out = Buffer.allocUnsafe(capacity);
  let length = 0;
  const end = used.length + 1;
  for (let symbol = symbols.next(); symbol !== end; ) {
    if (symbol > RUN_B) {
      const place = symbol - 1;
      const byte = recent[place] ?? 0;
      recent.copyWithin(1, 0, place);
      recent[0] = byte;
      if (length === capacity) bits.fail(`block of more than ${capacity} bytes`);
      out[length++] = byte;
      symbol = symbols.next();
      continue;
    }
    let run = 0;
    for (let weight = 1; symbol <= RUN_B; weight *= 2) {
      run += weight << symbol;
      if (run > capacity - length) bits.fail(`block of more than ${capacity} bytes`);
      symbol = symbols.next();
    }
    out.fill(recent[0] ?? 0, length, length + run);
    length += run;
  }
  return out.subarray(0, length);
}

/**
 * Undoes the Burrows-Wheeler transform: `sorted` is its last column, `origin` the row of the text itself.
 * Each entry of `next` holds the row that follows and, in its low 8 bits, the byte there: one place in memory less to visit.
 */
function untransform(sorted: Uint8Array, origin: number): Uint8Array {
  const length = sorted.length;
  const starts = new Int32Array(257);
  for (let i = 0; i < length; i++) {
    const after = (sorted[i] ?? 0) + 1;
    starts[after] = (starts[after] ?? 0) + 1;
  }
  for (let i = 0; i < 256; i++) starts[i + 1] = (starts[i + 1] ?? 0) + (starts[i] ?? 0);
  const next = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    const byte = sorted[i] ?? 0;
    const place = starts[byte] ?? 0;
    starts[byte] = place + 1;
    next[place] = (next[place] ?? 0) | (i << 8);
    next[i] = (next[i] ?? 0) | byte;
  }
  const text = new Uint8Array(length);
  let entry = next[(next[origin] ?? 0) >>> 8] ?? 0;
  for (let i = 0; i < length; i++) {
    text[i] = entry & 0xff;
    entry = next[entry >>> 8] ?? 0;
  }
  return text;
}
