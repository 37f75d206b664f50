import { ByteWriter } from "#bytes/writer.ts";
import { BTF_MAGIC } from "#formats/btf/header.ts";
import { Kind } from "#formats/btf/kinds.ts";

const HEADER_SIZE = 24;
const SIGNED = 1;
const BOOL = 4;

export type WrittenMember = {
  readonly name: string;
  readonly type: number;
  /** Bytes from the struct's start. */
  readonly offset: number;
};

/**
 * Writes the few kinds of BTF that describe an interface: each call adds a type and gives its id.
 * Source: the kernel's `Documentation/bpf/btf.rst`.
 */
export class BtfWriter {
  readonly #words: number[] = [];
  #strings = "\0";
  #count = 0;

  int(name: string, size: number, encoding: "unsigned" | "signed" | "bool"): number {
    const code = encoding === "signed" ? SIGNED : encoding === "bool" ? BOOL : 0;
    return this.#add(name, Kind.INT, 0, size, [(code << 24) | (8 * size)]);
  }

  pointer(type: number): number {
    return this.#add("", Kind.PTR, 0, type, []);
  }

  array(type: number, indexType: number, length: number): number {
    return this.#add("", Kind.ARRAY, 0, 0, [type, indexType, length]);
  }

  struct(name: string, size: number, members: readonly WrittenMember[]): number {
    const words = members.flatMap((member) => [this.#string(member.name), member.type, 8 * member.offset]);
    return this.#add(name, Kind.STRUCT, members.length, size, words);
  }

  /** Of four bytes without a sign; the values count from 0. */
  enumeration(name: string, enumerators: readonly string[]): number {
    const words = enumerators.flatMap((enumerator, value) => [this.#string(enumerator), value]);
    return this.#add(name, Kind.ENUM, enumerators.length, 4, words);
  }

  typedef(name: string, type: number): number {
    return this.#add(name, Kind.TYPEDEF, 0, type, []);
  }

  forward(name: string): number {
    return this.#add(name, Kind.FWD, 0, 0, []);
  }

  /** A global function and its prototype; `returns` 0 is `void`. */
  func(
    name: string,
    returns: number,
    parameters: readonly { readonly name: string; readonly type: number }[],
  ): number {
    const words = parameters.flatMap((parameter) => [this.#string(parameter.name), parameter.type]);
    const prototype = this.#add("", Kind.FUNC_PROTO, parameters.length, returns, words);
    return this.#add(name, Kind.FUNC, 1, prototype, []);
  }

  finish(): Uint8Array {
    const strings = Buffer.from(this.#strings, "latin1");
    const types = 4 * this.#words.length;
    const out = new ByteWriter(HEADER_SIZE + types + strings.length)
      .u16(0, BTF_MAGIC)
      .u8(2, 1)
      .u32(4, HEADER_SIZE)
      .u32(12, types)
      .u32(16, types)
      .u32(20, strings.length)
      .put(HEADER_SIZE + types, strings);
    for (const [i, word] of this.#words.entries()) out.u32(HEADER_SIZE + 4 * i, word);
    return out.bytes;
  }

  #add(name: string, kind: number, vlen: number, third: number, rest: readonly number[]): number {
    this.#words.push(this.#string(name), (kind << 24) | vlen, third, ...rest);
    this.#count += 1;
    return this.#count;
  }

  #string(text: string): number {
    if (text === "") return 0;
    const known = this.#strings.indexOf(`\0${text}\0`);
    if (known >= 0) return known + 1;
    const offset = this.#strings.length;
    this.#strings += `${text}\0`;
    return offset;
  }
}
