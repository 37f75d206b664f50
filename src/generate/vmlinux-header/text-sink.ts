import type { Btf } from "#formats/btf/btf.ts";
import { Unwritten } from "./unwritten.ts";

/** Bytes; a kernel's header has three millions. */
const FIRST_SIZE = 4 * 1024 * 1024;

/**
 * Where the header's text grows: bytes, for names in BTF are bytes. A kernel's header is put together of a million pieces, which as
 * JavaScript strings would take longer than all the rest.
 */
export class TextSink {
  readonly #btf: Btf;
  readonly #most: number;
  #bytes: Uint8Array;
  #end = 0;

  /** @param most bytes of text */
  constructor(btf: Btf, most: number) {
    this.#btf = btf;
    this.#most = most;
    this.#bytes = new Uint8Array(Math.min(FIRST_SIZE, most));
  }

  /** Text of ASCII characters. */
  text(text: string): void {
    this.#reserve(text.length);
    const bytes = this.#bytes;
    let end = this.#end;
    for (let i = 0; i < text.length; i++) bytes[end++] = text.charCodeAt(i);
    this.#end = end;
  }

  tabs(count: number): void {
    this.#reserve(count);
    this.#bytes.fill(0x09, this.#end, this.#end + count);
    this.#end += count;
  }

  /** The BTF's string at an offset. */
  string(offset: number): void {
    const { bytes, start, end } = this.#btf.stringBytes(offset);
    this.#reserve(end - start);
    const target = this.#bytes;
    let to = this.#end;
    for (let from = start; from < end; from++) target[to++] = bytes[from] ?? 0;
    this.#end = to;
  }

  /** All that was written. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#end);
  }

  #reserve(count: number): void {
    const wanted = this.#end + count;
    if (wanted <= this.#bytes.length) return;
    if (wanted > this.#most) throw new Unwritten(`more than ${this.#most} bytes of text`);
    const larger = new Uint8Array(Math.min(this.#most, Math.max(wanted, 2 * this.#bytes.length)));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
