import { Kind } from "#formats/btf/kinds.ts";
import type { Tables } from "./tables.ts";
import { Turns } from "./turns.ts";

/**
 * The names of one header. C has one space of names for the tags of structs, unions and enums and another for typedefs and
 * enumerators; the first of each space keeps a name, later ones get `___2`, `___3` and so on, in the order in which the
 * header first speaks of them.
 */
export class HeaderNames {
  readonly #tables: Tables;
  readonly #tags: Turns;
  readonly #ordinary: Turns;
  /** By type: its turn among those of its name, from 1; 0 for a type that was not spoken of. */
  readonly #turns: Uint32Array;

  constructor(tables: Tables) {
    this.#tables = tables;
    this.#tags = new Turns(tables.strings);
    this.#ordinary = new Turns(tables.strings);
    this.#turns = new Uint32Array(tables.count);
  }

  /** The turn of a struct, union, enum or forward declaration. */
  ofTag(id: number): number {
    // What is only declared is of the type that has its name, however many there are.
    const { kinds, words, starts } = this.#tables;
    const kind = kinds[id];
    const isEmptyEnum = kind === Kind.ENUM && ((words[(starts[id] ?? 0) + 1] ?? 0) & 0xffffff) === 0;
    return kind === Kind.FWD || isEmptyEnum ? 1 : this.#of(id, this.#tags);
  }

  ofTypedef(id: number): number {
    return this.#of(id, this.#ordinary);
  }

  /** The turn of an enumerator whose name has this string offset, at the one place where it is written. */
  ofEnumerator(name: number): number {
    return this.#ordinary.next(name);
  }

  #of(id: number, names: Turns): number {
    const known = this.#turns[id] ?? 0;
    if (known > 0) return known;
    const { words, starts } = this.#tables;
    const turn = names.next(words[starts[id] ?? 0] ?? 0);
    this.#turns[id] = turn;
    return turn;
  }
}
