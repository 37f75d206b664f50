import type { ByteReader } from "#bytes/reader.ts";

/** Reads bits from the highest of each byte; ends the decoding where the input does. */
export class BitReader {
  readonly #reader: ByteReader;
  #next: number;
  #buffer = 0;
  #count = 0;

  /** @param start byte offset in the reader */
  constructor(reader: ByteReader, start: number) {
    this.#reader = reader;
    this.#next = start;
  }

  /** Offset of the byte that holds the next bit. */
  get offset(): number {
    return this.#next - ((this.#count + 7) >>> 3);
  }

  /** `count` bits (0 to 24) as a number. */
  bits(count: number): number {
    while (this.#count < count) {
      const byte = this.#reader.bytes[this.#next];
      if (byte === undefined) return this.fail("stream is cut short");
      this.#next++;
      this.#buffer = (this.#buffer << 8) | byte;
      this.#count += 8;
    }
    this.#count -= count;
    return (this.#buffer >>> this.#count) & ((1 << count) - 1);
  }

  u32(): number {
    return ((this.bits(16) << 16) | this.bits(16)) >>> 0;
  }

  /** Goes on at the next whole byte. */
  align(): void {
    this.#count -= this.#count & 7;
  }

  /** Ends the decoding at the byte under the next bit. */
  fail(detail: string): never {
    return this.#reader.fail(this.offset, detail);
  }
}
