import { Unwritten } from "./unwritten.ts";

/** Bytes; a kernel's header has three millions. */
const FIRST_SIZE = 4 * 1024 * 1024;

const MOST_TABS = 13;

/**
 * Where the header's text grows: bytes, for names in BTF are bytes. A kernel's header is put together of a million pieces, which as
 * JavaScript strings would take longer than all the rest.
 */
export class TextSink {
  readonly #strings: Uint8Array;
  readonly #most: number;
  #bytes: Uint8Array;
  #end = 0;

  /**
   * @param strings the BTF's string section
   * @param most bytes of text
   */
  constructor(strings: Uint8Array, most: number) {
    this.#strings = strings;
    this.#most = most;
    this.#bytes = new Uint8Array(FIRST_SIZE);
  }

  /** Text of ASCII characters. */
  text(text: string): void {
    const { length } = text;
    if (this.#end + length > this.#bytes.length) this.#grow(length);
    const bytes = this.#bytes;
    let end = this.#end;
    for (let i = 0; i < length; i++) bytes[end++] = text.charCodeAt(i);
    this.#end = end;
  }

  /** A line's end, and the next one's indentation, which goes no further than bpftool's. */
  line(level: number): void {
    const tabs = Math.min(level, MOST_TABS);
    if (this.#end + 1 + tabs > this.#bytes.length) this.#grow(1 + tabs);
    const bytes = this.#bytes;
    let end = this.#end;
    bytes[end++] = 0x0a;
    for (let i = 0; i < tabs; i++) bytes[end++] = 0x09;
    this.#end = end;
  }

  /** The BTF's string at an offset. */
  string(offset: number): void {
    const strings = this.#strings;
    let bytes = this.#bytes;
    let end = this.#end;
    let from = offset;
    for (let byte = strings[from] ?? 0; byte !== 0; byte = strings[++from] ?? 0) {
      if (end === bytes.length) {
        this.#end = end;
        this.#grow(1);
        bytes = this.#bytes;
      }
      bytes[end++] = byte;
    }
    this.#end = end;
  }

  /** All that was written. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#end);
  }

  #grow(count: number): void {
    const wanted = this.#end + count;
    if (wanted > this.#most) throw new Unwritten(`more than ${this.#most} bytes of text`);
    const larger = new Uint8Array(Math.min(this.#most, Math.max(wanted, 2 * this.#bytes.length)));
    larger.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = larger;
  }
}
