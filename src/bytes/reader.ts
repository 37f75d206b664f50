import type { Malformed } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";

/** Carries a `Malformed` out of nested decoding; it never leaves `decoding()`, so it needs no stack, which costs much. */
class MalformedSignal {
  readonly failure: Malformed;
  constructor(failure: Malformed) {
    this.failure = failure;
  }
}

/**
 * Runs a decoder. Inside, every `ByteReader` access and `reader.fail()` may end it; outside, that is
 * a plain `Result`. Any other exception is a bug and passes through.
 */
export function decoding<T>(decode: () => T): Result<T, Malformed> {
  try {
    return ok(decode());
  } catch (error) {
    if (error instanceof MalformedSignal) return err(error.failure);
    throw error;
  }
}

export type ReaderOptions = {
  /** `ELF`, `PE`, … as failures name it. */
  readonly format: string;
  /** `file header`, `section 3`, … as failures name it. */
  readonly section: string;
  /** Offset of `bytes[0]` in the outermost file. Default 0. */
  readonly base?: number;
  /** Default true. */
  readonly littleEndian?: boolean;
};

/** Where a part stands in the bytes that it shares. */
type Within = { readonly view: DataView; readonly start: number; readonly length: number };

/**
 * Random access to bytes with every bound checked. Offsets count from the reader's own start, in
 * bytes; failures name the offset in the outermost file. Views are never copied.
 */
export class ByteReader {
  readonly length: number;
  readonly format: string;
  readonly section: string;
  readonly base: number;
  readonly littleEndian: boolean;
  /** A part shares both with the reader that it is of: views cost more than all else here. */
  readonly #whole: Uint8Array;
  readonly #view: DataView;
  readonly #start: number;

  constructor(bytes: Uint8Array, options: ReaderOptions, within?: Within) {
    this.length = within?.length ?? bytes.length;
    this.format = options.format;
    this.section = options.section;
    this.base = options.base ?? 0;
    this.littleEndian = options.littleEndian ?? true;
    this.#whole = bytes;
    this.#start = within?.start ?? 0;
    this.#view = within?.view ?? new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get bytes(): Uint8Array {
    const whole = this.#whole;
    return this.length === whole.length ? whole : whole.subarray(this.#start, this.#start + this.length);
  }

  /** Ends the decoding with a failure that names `offset` (from this reader's start). */
  fail(offset: number, detail: string): never {
    throw new MalformedSignal({
      reason: "malformed",
      format: this.format,
      section: this.section,
      offset: this.base + offset,
      detail,
    });
  }

  u8(offset: number): number {
    this.#need(offset, 1);
    return this.#view.getUint8(this.#start + offset);
  }

  u16(offset: number): number {
    this.#need(offset, 2);
    return this.#view.getUint16(this.#start + offset, this.littleEndian);
  }

  u32(offset: number): number {
    this.#need(offset, 4);
    return this.#view.getUint32(this.#start + offset, this.littleEndian);
  }

  i32(offset: number): number {
    this.#need(offset, 4);
    return this.#view.getInt32(this.#start + offset, this.littleEndian);
  }

  u64(offset: number): bigint {
    this.#need(offset, 8);
    return this.#view.getBigUint64(this.#start + offset, this.littleEndian);
  }

  /** A 64-bit field that is used as an offset or a size: at most 2^53 - 1, else the decoding fails. */
  size64(offset: number): number {
    const value = this.u64(offset);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
      this.fail(offset, `0x${value.toString(16)} is no possible offset or size`);
    }
    return Number(value);
  }

  /** `length` bytes from `offset`, as a view. */
  slice(offset: number, length: number): Uint8Array {
    this.#need(offset, length);
    return this.#whole.subarray(this.#start + offset, this.#start + offset + length);
  }

  /** A reader over a part, which failures then call `section`. */
  part(section: string, offset: number, length: number): ByteReader {
    this.#need(offset, length);
    return new ByteReader(
      this.#whole,
      { format: this.format, section, base: this.base + offset, littleEndian: this.littleEndian },
      { view: this.#view, start: this.#start + offset, length },
    );
  }

  /** The bytes up to, and without, the NUL that must follow within this reader, as Latin-1 text. */
  cString(offset: number): string {
    this.#need(offset, 1);
    const { bytes } = this;
    const end = bytes.indexOf(0, offset);
    if (end < 0) this.fail(offset, "string without a terminating NUL");
    return latin1(bytes.subarray(offset, end));
  }

  #need(offset: number, length: number): void {
    // Written so that no sum of hostile values is ever formed.
    if (offset < 0 || length < 0 || length > this.length || offset > this.length - length) {
      this.fail(
        offset,
        `${length} byte${length === 1 ? "" : "s"} wanted, ${Math.max(0, this.length - offset)} left`,
      );
    }
  }
}

/** Up to this many bytes are put together here: a view for the runtime's own decoder costs more. */
const SHORT = 16;

/** One character a byte, U+0000 to U+00FF. */
export function latin1(bytes: Uint8Array): string {
  if (bytes.length <= SHORT) {
    let text = "";
    for (const byte of bytes) text += String.fromCharCode(byte);
    return text;
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
