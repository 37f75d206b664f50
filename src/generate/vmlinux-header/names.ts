import type { Btf } from "#formats/btf/btf.ts";
import { Kind } from "#formats/btf/kinds.ts";

/**
 * The names of one header. C has one space of names for the tags of structs, unions and enums and another for typedefs and
 * enumerators; the first of each space keeps a name, later ones get `___2`, `___3` and so on, in the order in which the
 * header first speaks of them.
 */
export class Names {
  readonly #btf: Btf;
  readonly #tags = new Map<string, number>();
  readonly #ordinary = new Map<string, number>();
  /** By type: its turn among those of its name, from 1; 0 for a type that was not spoken of. */
  readonly #turns: Uint32Array;

  constructor(btf: Btf) {
    this.#btf = btf;
    this.#turns = new Uint32Array(btf.typeCount);
  }

  /** The turn of a struct, union, enum or forward declaration. */
  ofTag(id: number): number {
    return isDeclaration(this.#btf, id) ? 1 : this.#of(id, this.#tags);
  }

  ofTypedef(id: number): number {
    return this.#of(id, this.#ordinary);
  }

  /** The turn of an enumerator whose name has this string offset, at the one place where it is written. */
  ofEnumerator(name: number): number {
    return next(this.#ordinary, this.#btf.string(name));
  }

  #of(id: number, names: Map<string, number>): number {
    const known = this.#turns[id] ?? 0;
    if (known > 0) return known;
    const turn = next(names, this.#btf.name(id));
    this.#turns[id] = turn;
    return turn;
  }
}

/** Such are of the type that has their name, however many there are. */
function isDeclaration(btf: Btf, id: number): boolean {
  const kind = btf.kindNumber(id);
  return kind === Kind.FWD || (kind === Kind.ENUM && btf.vlen(id) === 0);
}

function next(names: Map<string, number>, name: string): number {
  const turn = (names.get(name) ?? 0) + 1;
  names.set(name, turn);
  return turn;
}
