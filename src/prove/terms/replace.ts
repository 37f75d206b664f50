import { rebuiltBits, rebuiltTruth } from "./rebuild.ts";
import type { Bits, Term, Truth } from "./term.ts";

/** Puts terms in for others, all at once: what is put in is not looked at again. */
export class Replacement {
  readonly #done: Map<Term, Term>;

  constructor(parts: Iterable<readonly [Bits, Bits]>) {
    this.#done = new Map(parts);
  }

  bits(term: Bits): Bits {
    const before = this.#done.get(term) as Bits | undefined;
    if (before !== undefined) return before;
    const result = rebuiltBits(term, this);
    this.#done.set(term, result);
    return result;
  }

  truth(term: Truth): Truth {
    const before = this.#done.get(term) as Truth | undefined;
    if (before !== undefined) return before;
    const result = rebuiltTruth(term, this);
    this.#done.set(term, result);
    return result;
  }
}
