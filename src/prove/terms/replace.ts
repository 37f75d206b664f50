import { rebuiltBits, rebuiltTruth } from "./rebuild.ts";
import type { Bits, Term, Truth } from "./term.ts";

/** Puts terms in for others, all at once: what is put in is not looked at again. */
export class Replacement {
  readonly #done: Map<Term, Term>;
  readonly #changed: (rebuilt: Bits) => Bits;

  /**
   * @param parts what is put in, by what it takes the place of
   * @param changed what takes the place of any other term, of which the operands have been replaced
   */
  constructor(
    parts: Iterable<readonly [Bits, Bits]>,
    changed: (rebuilt: Bits) => Bits = (rebuilt) => rebuilt,
  ) {
    this.#done = new Map(parts);
    this.#changed = changed;
  }

  bits(term: Bits): Bits {
    const before = this.#done.get(term) as Bits | undefined;
    if (before !== undefined) return before;
    const result = this.#changed(rebuiltBits(term, this));
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
