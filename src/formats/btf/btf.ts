import { latin1 } from "#bytes/reader.ts";
import { buildType } from "./build-type.ts";
import { type BtfKind, infoVlen, kindName } from "./kinds.ts";
import { isLongAt, mayHaveLongStrings } from "./long-strings.ts";
import { hashOf, isStringAt, NameIndex } from "./name-index.ts";
import type { BtfType } from "./types.ts";

/** The parts of a file that decoding has found good. */
export type BtfParts = {
  readonly littleEndian: boolean;
  /** The BTF that this one continues, in ids and in string offsets. */
  readonly base: Btf | undefined;
  /** The type section in the host's byte order. */
  readonly words: Uint32Array;
  readonly strings: Uint8Array;
  /** Where each record begins in `words`. */
  readonly offsets: Uint32Array;
  readonly kinds: Uint8Array;
  /** Where the type section begins in the outermost file, in bytes. */
  readonly position: number;
};

/**
 * The types of one kernel, module or BPF object. Made by `decodeBtf()` only, which has checked every
 * record; objects are built when they are asked for.
 *
 * Ids run from 0 (`void`) to `typeCount - 1`; those below `firstId` are the base's (or `void`).
 */
export class Btf {
  readonly littleEndian: boolean;
  readonly base: Btf | undefined;
  /** The first id of this file's own records: 1, or the base's `typeCount`. */
  readonly firstId: number;
  /** The number of types, `void` and the base's included; one more than the largest id. */
  readonly typeCount: number;
  /** The end of the valid string offsets, in bytes: the base's strings and the own ones. */
  readonly stringEnd: number;
  readonly #parts: BtfParts;
  readonly #stringStart: number;
  /** Made at the first search. */
  #names: NameIndex | undefined;

  constructor(parts: BtfParts) {
    this.#parts = parts;
    this.littleEndian = parts.littleEndian;
    this.base = parts.base;
    this.firstId = parts.base?.typeCount ?? 1;
    this.typeCount = this.firstId + parts.offsets.length;
    this.#stringStart = parts.base?.stringEnd ?? 0;
    this.stringEnd = this.#stringStart + parts.strings.length;
  }

  /** The records and strings as they lie, for work on all of them at once; not to be changed. Undefined for split BTF. */
  get tables(): Omit<BtfParts, "base" | "position" | "littleEndian"> | undefined {
    return this.base === undefined ? this.#parts : undefined;
  }

  /** The type with this id. @throws RangeError for an id that is not this BTF's */
  type(id: number): BtfType {
    const owner = this.#owner(id);
    if (id === 0) return { kind: "void", id: 0, name: "" };
    const at = owner.#recordAt(id);
    const { words } = owner.#parts;
    return buildType({
      id,
      kind: owner.#parts.kinds[id - owner.firstId] ?? 0,
      u32: (offset) => words[at + (offset >>> 2)] ?? 0,
      text: (offset) => owner.string(offset),
    });
  }

  /** The kind alone, without building the type. */
  kind(id: number): BtfKind {
    return kindName(this.kindNumber(id));
  }

  /** The kind as the file numbers it; 0 for `void`. */
  kindNumber(id: number): number {
    const owner = this.#owner(id);
    return id === 0 ? 0 : (owner.#parts.kinds[id - owner.firstId] ?? 0);
  }

  /** The type's name, "" where it has none. */
  name(id: number): string {
    const owner = this.#owner(id);
    return id === 0 ? "" : owner.string(owner.word(id, 0));
  }

  /** The NUL-terminated string at an offset below `stringEnd`, one character a byte. */
  string(offset: number): string {
    if (offset < this.#stringStart && this.base !== undefined) return this.base.string(offset);
    const { strings } = this.#parts;
    const start = offset - this.#stringStart;
    return strings[start] === 0 ? "" : latin1(strings.subarray(start, strings.indexOf(0, start)));
  }

  /** Whether the string at an offset below `stringEnd` is empty. */
  isEmptyString(offset: number): boolean {
    if (offset < this.#stringStart && this.base !== undefined) return this.base.isEmptyString(offset);
    return this.#parts.strings[offset - this.#stringStart] === 0;
  }

  /** Whether the string at an offset below `stringEnd` is too long to be a name. */
  isLongString(offset: number): boolean {
    if (offset < this.#stringStart && this.base !== undefined) return this.base.isLongString(offset);
    return isLongAt(this.#parts.strings, offset - this.#stringStart);
  }

  /** Whether there may be such strings, here or in the base. */
  get mayHaveLongStrings(): boolean {
    return mayHaveLongStrings(this.#parts.strings) || this.base?.mayHaveLongStrings === true;
  }

  /**
   * The ids of all types called `name`, in rising order, of the given kinds or of any. Compares
   * bytes; no string is decoded.
   */
  findAll(name: string, kinds?: readonly BtfKind[]): number[] {
    const bytes = Buffer.from(name, "latin1");
    const found: number[] = [];
    // Latin-1 has one byte a character; a name with any other character is in no BTF.
    if (bytes.toString("latin1") === name) this.#collect(bytes, hashOf(bytes, 0), kinds, found);
    return found;
  }

  #collect(name: Uint8Array, hash: number, kinds: readonly BtfKind[] | undefined, found: number[]): void {
    if (this.base !== undefined) this.base.#collect(name, hash, kinds, found);
    const { words, offsets } = this.#parts;
    const nameOffset = (index: number): number => words[offsets[index] ?? 0] ?? 0;
    this.#names ??= new NameIndex(offsets.length, (index) => this.#hashAt(nameOffset(index)));
    for (const index of this.#names.bucket(hash)) {
      if (!this.#isStringAt(nameOffset(index), name)) continue;
      const id = this.firstId + index;
      if (kinds === undefined || kinds.includes(this.kind(id))) found.push(id);
    }
  }

  #hashAt(offset: number): number {
    if (offset < this.#stringStart && this.base !== undefined) return this.base.#hashAt(offset);
    return hashOf(this.#parts.strings, offset - this.#stringStart);
  }

  #isStringAt(offset: number, name: Uint8Array): boolean {
    if (offset < this.#stringStart && this.base !== undefined) return this.base.#isStringAt(offset, name);
    return isStringAt(this.#parts.strings, offset - this.#stringStart, name);
  }

  /** The first of `findAll()`. */
  find(name: string, kinds?: readonly BtfKind[]): number | undefined {
    return this.findAll(name, kinds)[0];
  }

  /** All ids but that of `void`, the base's included. */
  *ids(): Generator<number> {
    for (let id = 1; id < this.typeCount; id++) yield id;
  }

  /** Every offset at which the strings (the base's too) read `text`; the tails of longer strings count. */
  stringOffsets(text: string): Set<number> {
    const offsets = this.base?.stringOffsets(text) ?? new Set<number>();
    const { strings } = this.#parts;
    const haystack = Buffer.from(strings.buffer, strings.byteOffset, strings.byteLength);
    const needle = Buffer.from(`${text}\0`, "latin1");
    for (let at = haystack.indexOf(needle); at >= 0; at = haystack.indexOf(needle, at + 1)) {
      offsets.add(this.#stringStart + at);
    }
    return offsets;
  }

  /** The number of elements that the record says it has (members, parameters, …). */
  vlen(id: number): number {
    return infoVlen(this.word(id, 4));
  }

  /** The raw word at a byte offset (a multiple of 4) from the start of type `id`'s record; `id` above 0. */
  word(id: number, offset: number): number {
    const owner = id < this.firstId ? this.#owner(id) : this;
    return owner.#parts.words[owner.#recordAt(id) + (offset >>> 2)] ?? 0;
  }

  /** Where type `id`'s record begins in the outermost file, in bytes, for messages. */
  position(id: number): number {
    const owner = this.#owner(id);
    return owner.#parts.position + (id === 0 ? 0 : 4 * owner.#recordAt(id));
  }

  #owner(id: number): Btf {
    if (!(id >= 0 && id < this.typeCount)) {
      throw new RangeError(`type id ${id}, the last type is ${this.typeCount - 1}`);
    }
    return id < this.firstId && this.base !== undefined ? this.base.#owner(id) : this;
  }

  /** In words from the type section's start. */
  #recordAt(id: number): number {
    const at = this.#parts.offsets[id - this.firstId];
    if (at === undefined) throw new RangeError(`no record has type id ${id}`);
    return at;
  }
}
