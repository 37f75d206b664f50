const FIRST_SIZE = 1024 * 1024;
const DOUBLED = 64 * 1024 * 1024;

/** The largest step in which output grows, in bytes. */
const LARGEST_ROOM = 512 * 1024 * 1024;

/**
 * Output of a size that nobody knows beforehand, up to a limit. It grows by doubling and, beyond 64 MiB, to the largest room at once: pages
 * that nothing is written to take no memory, and copies that wait for the garbage collector do.
 */
export class GrowingOutput {
  readonly #limit: number;
  #bytes: Uint8Array;
  #length = 0;

  /** @param limit most bytes that there may be; @param hint how many are likely */
  constructor(limit: number, hint: number = FIRST_SIZE) {
    this.#limit = limit;
    this.#bytes = new Uint8Array(Math.min(limit, hint));
  }

  get length(): number {
    return this.#length;
  }

  /** What was written, as a view. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Room for `count` bytes more, as a view which counts as written; undefined where the limit does not allow it. */
  take(count: number): Uint8Array | undefined {
    const end = this.#length + count;
    if (end > this.#limit) return undefined;
    if (end > this.#bytes.length) this.#grow(end);
    const room = this.#bytes.subarray(this.#length, end);
    this.#length = end;
    return room;
  }

  /** Adds one byte, where there is no limit. */
  push(byte: number): void {
    if (this.#length === this.#bytes.length) this.#grow(this.#length + 1);
    this.#bytes[this.#length++] = byte;
  }

  /** Adds bytes, where there is no limit. */
  append(bytes: ArrayLike<number>): void {
    this.take(bytes.length)?.set(bytes);
  }

  #grow(needed: number): void {
    const twice = this.#bytes.length * 2;
    const room = twice > DOUBLED ? Math.max(twice, LARGEST_ROOM) : twice;
    const larger = new Uint8Array(Math.min(this.#limit, Math.max(needed, room)));
    larger.set(this.bytes);
    this.#bytes = larger;
  }
}
