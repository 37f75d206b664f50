import { extractBits } from "./bits.ts";
import { rebuiltBits, rebuiltTruth } from "./rebuild.ts";
import { type Bits, constant, FALSE, type Term, type Test, TRUE, type Truth } from "./term.ts";
import { compare, follows, mostOf, not } from "./truth.ts";
import { full, widened } from "./widen.ts";

const FULL = 64;

/**
 * What terms come to where conditions hold: what they decide is decided, in choices too, and numbers that they give are put in. A solver is
 * then asked for what is left. What was worked out is kept.
 */
export class Assumption {
  readonly #facts: Truth[];
  readonly #known = new Set<Truth>();
  readonly #numbers = new Map<Bits, Bits>();
  readonly #done = new Map<Term, Term>();

  constructor(conditions: readonly Truth[]) {
    this.#facts = [];
    for (const one of conditions) this.#learn(one);
    this.#learnAlternatives();
  }

  #learn(truth: Truth): void {
    for (const fact of truth.kind === "all" ? truth.of : [truth]) {
      if (this.#known.has(fact)) continue;
      this.#facts.push(fact);
      this.#known.add(fact);
      if (fact.kind !== "compare" || fact.test !== "eq") continue;
      if (fact.b.kind === "constant") this.#numbers.set(fact.a, fact.b);
      else if (fact.a.kind === "constant") this.#numbers.set(fact.b, fact.a);
    }
  }

  /** Where all alternatives of a condition but one are ruled out, the one holds. */
  #learnAlternatives(): void {
    for (let before = -1; before !== this.#facts.length; ) {
      before = this.#facts.length;
      for (const fact of [...this.#facts]) {
        if (fact.kind !== "any") continue;
        const open = fact.of.filter((one) => !this.#isRuledOut(one));
        if (open.length === 1 && open[0] !== undefined) this.#learn(open[0]);
      }
    }
  }

  #isRuledOut(one: Truth): boolean {
    const parts = one.kind === "all" ? one.of : [one];
    return parts.some((part) => this.#decided(part) === FALSE);
  }

  truth(term: Truth): Truth {
    const before = this.#done.get(term) as Truth | undefined;
    if (before !== undefined) return before;
    const result = this.#decided(term) ?? this.#rebuilt(term);
    this.#done.set(term, result);
    return result;
  }

  #decided(term: Truth): Truth | undefined {
    if (term.kind === "literal") return term;
    if (this.#known.has(term)) return TRUE;
    if (this.#known.has(not(term))) return FALSE;
    if (term.kind !== "compare") return undefined;
    if (follows(term, this.#facts)) return TRUE;
    return follows(not(term), this.#facts) ? FALSE : undefined;
  }

  #rebuilt(term: Truth): Truth {
    if (term.kind !== "compare") return rebuiltTruth(term, this);
    const rebuilt = this.#compared(term.test, this.bits(term.a), this.bits(term.b));
    return rebuilt === term ? term : (this.#decided(rebuilt) ?? rebuilt);
  }

  /** Among small numbers, comparisons are those of 64 unsigned bits. */
  #compared(test: Test, a: Bits, b: Bits): Truth {
    const [left, right] = [full(a, FULL, this.#facts), full(b, FULL, this.#facts)];
    if (left === undefined || right === undefined) return compare(test, a, b);
    if (test === "eq" || test === "ult" || test === "ule") return compare(test, left, right);
    const half = 1n << BigInt(a.width - 1);
    const small = mostOf(left, this.#facts) < half && mostOf(right, this.#facts) < half;
    return small ? compare(test === "slt" ? "ult" : "ule", left, right) : compare(test, a, b);
  }

  bits(term: Bits): Bits {
    const before = this.#done.get(term) as Bits | undefined;
    if (before !== undefined) return before;
    const result = this.#numbers.get(term) ?? this.#numberOf(this.#rebuiltBits(term));
    this.#done.set(term, result);
    return result;
  }

  #numberOf(term: Bits): Bits {
    return this.#numbers.get(term) ?? term;
  }

  #rebuiltBits(term: Bits): Bits {
    if (term.kind === "extract") {
      const of = this.bits(term.of);
      const nothing = mostOf(of, this.#facts) < 1n << BigInt(term.low);
      return nothing ? constant(term.width, 0n) : extractBits(of, term.low, term.width);
    }
    const rebuilt = rebuiltBits(term, this);
    return term.kind === "concat" ? widened(rebuilt, this.#facts) : rebuilt;
  }
}
