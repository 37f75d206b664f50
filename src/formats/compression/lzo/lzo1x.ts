import type { ByteReader } from "#bytes/reader.ts";

/** What an LZO1X block turned out to be, where it does not decode to exactly the room that it was given. */
export type Lzo1xStop = "filled" | "too-short" | "too-long";

/**
 * Decodes one LZO1X block: instructions of one byte, which say how far and how much to copy from the output, each
 * with up to three literals behind it, and runs of literals of their own. Long lengths continue with zero
 * bytes of 255 each. `L` is length, `D` distance, `s` the literals that follow:
 *
 *     0000LLLL           4 or more literals (L + 3), where no literals stand before it
 *     0000DDss D         2 bytes from up to 1 KiB back, behind 1 to 3 literals
 *     0000DDss D         3 bytes from 2 to 3 KiB back, behind a run of literals
 *     0001DLLL ssD D     L + 2 bytes from 16 to 48 KiB back; distance 16 KiB exactly ends the block
 *     001LLLLL ssD D     L + 2 bytes from up to 16 KiB back
 *     01LDDDss D         3 or 4 bytes from up to 2 KiB back
 *     1LLDDDss D         5 to 8 bytes from up to 2 KiB back
 *
 * A first byte above 17 stands for that many literals less 17.
 *
 * @param reader the whole input; ends the decoding at the place where a block breaks the format
 * @param out exactly the block's declared size
 *
 * Source: Linux, Documentation/staging/lzo.rst (bitstream version 0, which lzop writes).
 */
export function decodeLzo1x(
  reader: ByteReader,
  block: { readonly start: number; readonly end: number },
  out: Uint8Array,
): Lzo1xStop {
  const copier = new BlockCopier(reader, block.start, block.end, out);
  /** Literals before the next instruction: 0, 1 to 3, or 4 for a run. */
  let before = 0;
  const first = copier.peek();
  if (first > 17) {
    copier.byte();
    if (!copier.literals(first - 17)) return "too-long";
    before = Math.min(first - 17, 4);
  }
  for (;;) {
    const at = copier.from;
    const code = copier.byte();
    let distance: number;
    let length: number;
    let following = code & 3;
    if (code >= 64) {
      distance = 1 + ((code >>> 2) & 7) + (copier.byte() << 3);
      length = (code >>> 5) + 1;
    } else if (code >= 16) {
      const near = code >= 32;
      const largest = near ? 31 : 7;
      length = 2 + (code & largest || copier.extended(largest));
      const word = copier.byte() | (copier.byte() << 8);
      following = word & 3;
      distance = (near ? 1 : 0x4000 + ((code & 8) << 11)) + (word >>> 2);
      if (!near && distance === 0x4000) return copier.end(at, length);
    } else if (before === 0) {
      if (!copier.literals(3 + (code || copier.extended(15)))) return "too-long";
      before = 4;
      continue;
    } else {
      distance = 1 + (code >>> 2) + (copier.byte() << 2) + (before === 4 ? 0x800 : 0);
      length = before === 4 ? 3 : 2;
    }
    if (!copier.match(at, distance, length) || !copier.literals(following)) return "too-long";
    before = following;
  }
}

/** A block's bytes, and the room that they are copied to. */
class BlockCopier {
  readonly #reader: ByteReader;
  readonly #input: Uint8Array;
  readonly #end: number;
  readonly #out: Uint8Array;
  /** Place of the next byte of the input. */
  from: number;
  /** How much of the output is there. */
  #to = 0;

  constructor(reader: ByteReader, start: number, end: number, out: Uint8Array) {
    this.#reader = reader;
    this.#input = reader.bytes;
    this.from = start;
    this.#end = end;
    this.#out = out;
  }

  /** The next byte, which is not taken; 0 in an empty block. */
  peek(): number {
    return this.from < this.#end ? (this.#input[this.from] ?? 0) : 0;
  }

  byte(): number {
    if (this.from >= this.#end) this.#reader.fail(this.from, "block ends inside an instruction");
    return this.#input[this.from++] ?? 0;
  }

  /** A length of 0 in its field continues: zero bytes add 255, the first other byte itself. */
  extended(largest: number): number {
    let sum = largest;
    for (;;) {
      const next = this.byte();
      if (next !== 0) return sum + next;
      sum += 255;
    }
  }

  /** @returns false where the room is too small, as `match` does */
  literals(count: number): boolean {
    const { from } = this;
    const to = this.#to;
    const left = this.#end - from;
    if (count > left) this.#reader.fail(from, `${count} literals, ${left} bytes left`);
    if (count > this.#out.length - to) return false;
    const input = this.#input;
    const out = this.#out;
    for (let i = 0; i < count; i++) out[to + i] = input[from + i] ?? 0;
    this.from = from + count;
    this.#to = to + count;
    return true;
  }

  /** @param at of the instruction that asks for it */
  match(at: number, distance: number, length: number): boolean {
    const to = this.#to;
    const out = this.#out;
    if (distance > to) this.#reader.fail(at, `distance ${distance} at byte ${to} of the block`);
    if (length > out.length - to) return false;
    const end = to + length;
    for (let i = to; i < end; i++) out[i] = out[i - distance] ?? 0;
    this.#to = end;
    return true;
  }

  end(at: number, length: number): Lzo1xStop {
    const left = this.#end - this.from;
    if (length !== 3) this.#reader.fail(at, `end of block with length ${length}`);
    if (left !== 0) this.#reader.fail(this.from, `${left} bytes behind the end of the block`);
    return this.#to === this.#out.length ? "filled" : "too-short";
  }
}
