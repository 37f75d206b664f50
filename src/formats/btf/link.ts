import type { ByteReader } from "#bytes/reader.ts";
import type { Btf, BtfParts } from "./btf.ts";
import { infoVlen, Kind, kindName } from "./kinds.ts";

/**
 * How many types may stand inside each other. Kernels stay under 20 (where `btf.c` resolves types
 * it allows 32); the limit keeps every recursion over types shallow.
 */
const MAX_DEPTH = 128;

/** Marks a type that the walk is still inside of. Finished types have a depth from 1 to MAX_DEPTH. */
const OPEN = 255;

/** Tables over kind numbers, for loops that run over every reference of a kernel. */
function kindTable(value: number, ...kinds: readonly number[]): Uint8Array {
  const table = new Uint8Array(128);
  for (const kind of kinds) table[kind] = value;
  return table;
}

const WRAPPERS = [Kind.TYPEDEF, Kind.VOLATILE, Kind.CONST, Kind.RESTRICT, Kind.TYPE_TAG, Kind.ARRAY];

/**
 * Two sorts of chain must come to an end: how a type is spelled (up to a struct or another leaf), and
 * what a type contains (up to a pointer or another leaf). Only a way that leads through a struct
 * *and* a pointer may come back, as in a linked list.
 */
const CHAINS = [
  kindTable(1, ...WRAPPERS, Kind.PTR, Kind.FUNC_PROTO),
  kindTable(1, ...WRAPPERS, Kind.STRUCT, Kind.UNION),
] as const;

/** Kinds that declare something; nothing can be of such a type. */
const DECLARATIONS = kindTable(1, Kind.FUNC, Kind.VAR, Kind.DATASEC, Kind.DECL_TAG);

/*
 * Where the type ids of a record are, in words from its start: FIRST, FIRST + STRIDE, …; one where
 * SINGLE is 1, and one more for each of vlen where COUNTED is 1. (An array's index type is not among them.)
 */
const SINGLE = kindTable(1, ...WRAPPERS, Kind.PTR, Kind.FUNC_PROTO);
const COUNTED = kindTable(1, Kind.STRUCT, Kind.UNION, Kind.FUNC_PROTO);
const FIRST = kindTable(2, ...WRAPPERS, Kind.PTR, Kind.FUNC_PROTO);
FIRST.set([3, 4, 4], Kind.ARRAY);
const STRIDE = kindTable(3, Kind.STRUCT, Kind.UNION);
STRIDE[Kind.FUNC_PROTO] = 2;

/**
 * Checks what takes more than one record to see: that every type id is that of a type, and of a
 * fitting one, and that no type is made of itself. `section` is the type section, for failures.
 * The base of split BTF has been checked when it was opened, and cannot refer to what continues it.
 */
export function checkLinks(btf: Btf, parts: BtfParts, section: ByteReader): void {
  const links = new Links(btf, parts, section);
  links.checkDeclarations();
  for (const chain of CHAINS) links.checkDepth(chain);
}

/** Types are indexed from 0 here, the first of this file; those of the base would be negative. */
class Links {
  readonly #btf: Btf;
  readonly #parts: BtfParts;
  readonly #section: ByteReader;
  /** Where `#visit()` was stopped by a type that has no depth yet. */
  #edge = 0;
  #deepest = 0;

  constructor(btf: Btf, parts: BtfParts, section: ByteReader) {
    this.#btf = btf;
    this.#parts = parts;
    this.#section = section;
  }

  /** The references that no chain follows: of declarations, and the index types of arrays. */
  checkDeclarations(): void {
    const { words, offsets, kinds } = this.#parts;
    for (let index = 0; index < kinds.length; index++) {
      const kind = kinds[index] ?? 0;
      const at = offsets[index] ?? 0;
      if (kind === Kind.ARRAY) {
        if (DECLARATIONS[this.#kindAt(at + 4)] === 1) this.#unfit(index, at + 4);
      } else if (DECLARATIONS[kind] === 1) {
        this.#checkDeclaration(index, kind, infoVlen(words[at + 1] ?? 0));
      }
    }
  }

  #checkDeclaration(index: number, kind: number, vlen: number): void {
    const at = this.#parts.offsets[index] ?? 0;
    if (kind === Kind.DATASEC) {
      for (let i = 0; i < vlen; i++) {
        // In an object, .ksyms holds the kfuncs themselves; libbpf makes variables of them before loading.
        const held = this.#kindAt(at + 3 + 3 * i);
        if (held !== Kind.VAR && held !== Kind.FUNC) this.#unfit(index, at + 3 + 3 * i);
      }
      return;
    }
    const target = this.#kindAt(at + 2);
    if (kind === Kind.FUNC ? target !== Kind.FUNC_PROTO : kind === Kind.VAR && DECLARATIONS[target] === 1) {
      this.#unfit(index, at + 2);
    }
  }

  /** The kind of the type whose id stands at a word. */
  #kindAt(word: number): number {
    const id = this.#parts.words[word] ?? 0;
    if (id >= this.#btf.typeCount) this.#noType(word);
    return id >= this.#btf.firstId
      ? (this.#parts.kinds[id - this.#btf.firstId] ?? 0)
      : this.#btf.kindNumber(id);
  }

  /**
   * Gives every type of the kinds in `chain` its depth: one more than the deepest that it refers to.
   * Most references point back, to types that have theirs; the others are visited first, with a
   * stack of our own, for a hostile chain can be as long as the file.
   */
  checkDepth(chain: Uint8Array): void {
    const { kinds } = this.#parts;
    const depths = new Uint8Array(kinds.length);
    for (let index = 0; index < kinds.length; index++) {
      if (depths[index] !== 0 || chain[kinds[index] ?? 0] !== 1) continue;
      const inner = this.#visit(index, 0, 0, chain, depths);
      if (inner >= 0) this.#visitInner(index, inner, chain, depths);
    }
  }

  /** Visits `inner`, which stopped the visit of `outer`, then goes on with that. */
  #visitInner(outer: number, inner: number, chain: Uint8Array, depths: Uint8Array): void {
    const stack = [{ index: outer, edge: this.#edge, deepest: this.#deepest }];
    let current = { index: inner, edge: 0, deepest: 0 };
    for (;;) {
      const next = this.#visit(current.index, current.edge, current.deepest, chain, depths);
      if (next >= 0) {
        stack.push({ index: current.index, edge: this.#edge, deepest: this.#deepest });
        if (stack.length >= MAX_DEPTH) this.#fail(next, `more than ${MAX_DEPTH} types inside each other`);
        current = { index: next, edge: 0, deepest: 0 };
      } else {
        const waiting = stack.pop();
        if (waiting === undefined) return;
        current = waiting;
      }
    }
  }

  /**
   * Goes on with a type from its reference number `from`, where the greatest depth so far is
   * `soFar`. Ends with the type's depth known and -1, or with the index of a type to visit first.
   */
  #visit(index: number, from: number, soFar: number, chain: Uint8Array, depths: Uint8Array): number {
    const { words, offsets, kinds } = this.#parts;
    const { firstId } = this.#btf;
    const kind = kinds[index] ?? 0;
    const at = offsets[index] ?? 0;
    const count = (SINGLE[kind] ?? 0) + (COUNTED[kind] ?? 0) * infoVlen(words[at + 1] ?? 0);
    const stride = STRIDE[kind] ?? 0;
    let word = at + (FIRST[kind] ?? 0) + stride * from;
    let deepest = soFar;
    depths[index] = OPEN;
    for (let i = from; i < count; i++, word += stride) {
      const target = (words[word] ?? 0) - firstId;
      if (target < 0) {
        if (DECLARATIONS[this.#kindAt(word)] === 1) this.#unfit(index, word);
        continue;
      }
      const targetKind = kinds[target];
      if (targetKind === undefined) this.#noType(word);
      if (DECLARATIONS[targetKind] === 1) this.#unfit(index, word);
      if (chain[targetKind] !== 1) continue;
      const depth = depths[target] ?? 0;
      if (depth === 0) {
        this.#edge = i;
        this.#deepest = deepest;
        return target;
      }
      if (depth === OPEN) this.#fail(target, `a ${kindName(targetKind)} that is made of itself`);
      if (depth > deepest) deepest = depth;
    }
    if (deepest >= MAX_DEPTH) this.#fail(index, `more than ${MAX_DEPTH} types inside each other`);
    depths[index] = deepest + 1;
    return -1;
  }

  #noType(word: number): never {
    const last = this.#btf.typeCount - 1;
    return this.#section.fail(4 * word, `type id ${this.#parts.words[word]}, the last type is ${last}`);
  }

  #unfit(index: number, word: number): never {
    const kind = kindName(this.#parts.kinds[index] ?? 0);
    const id = this.#parts.words[word] ?? 0;
    return this.#fail(index, `a ${kind} that refers to type ${id}, a ${this.#btf.kind(id)}`);
  }

  #fail(index: number, detail: string): never {
    const id = this.#btf.firstId + index;
    return this.#section.fail(4 * (this.#parts.offsets[index] ?? 0), `type ${id}: ${detail}`);
  }
}
