import { unreachable } from "#core/unreachable.ts";
import type { BitOperation, Bits, Term, Test, Truth } from "./term.ts";
import { isTruth } from "./term.ts";

/** What the variables of a term stand for. */
export type Assignment = {
  readonly variable: (name: string, width: number) => bigint;
  /** 0 to 255. */
  readonly byte: (memory: string, at: bigint) => bigint;
};

/** Values of terms under one assignment, each calculated once. */
export class Evaluation {
  readonly #assignment: Assignment;
  readonly #known = new Map<Term, bigint>();

  /** @param given values that are not to be calculated */
  constructor(assignment: Assignment, given: ReadonlyMap<Bits, bigint> = new Map()) {
    this.#assignment = assignment;
    for (const [term, value] of given) this.#known.set(term, value);
  }

  holds(term: Truth): boolean {
    return this.#value(term) === 1n;
  }

  /** Unsigned. */
  bits(term: Bits): bigint {
    return this.#value(term);
  }

  #value(term: Term): bigint {
    const known = this.#known.get(term);
    if (known !== undefined) return known;
    const value = isTruth(term) ? BigInt(this.#truth(term)) : BigInt.asUintN(term.width, this.#bits(term));
    this.#known.set(term, value);
    return value;
  }

  #truth(term: Truth): boolean {
    switch (term.kind) {
      case "literal":
        return term.value;
      case "not":
        return !this.holds(term.of);
      case "all":
        return term.of.every((one) => this.holds(one));
      case "any":
        return term.of.some((one) => this.holds(one));
      case "compare":
        return compares(term.test, term.a.width, this.#value(term.a), this.#value(term.b));
      default:
        return unreachable(term);
    }
  }

  #bits(term: Bits): bigint {
    switch (term.kind) {
      case "constant":
        return term.value;
      case "variable":
        return this.#assignment.variable(term.name, term.width);
      case "byte":
        return this.#assignment.byte(term.memory, this.#value(term.at));
      case "sum":
        return term.addends.reduce(
          (total, { factor, term: one }) => total + factor * this.#value(one),
          term.constant,
        );
      case "concat":
        return this.#concat(term.parts);
      case "extract":
        return this.#value(term.of) >> BigInt(term.low);
      case "sign-extend":
        return BigInt.asIntN(term.of.width, this.#value(term.of));
      case "operation":
        return operate(term.op, term.width, this.#value(term.a), this.#value(term.b));
      case "choice":
        return this.#value(this.holds(term.when) ? term.then : term.otherwise);
      default:
        return unreachable(term);
    }
  }

  #concat(parts: readonly Bits[]): bigint {
    let value = 0n;
    let at = 0n;
    for (const part of parts) {
      value |= this.#value(part) << at;
      at += BigInt(part.width);
    }
    return value;
  }
}

function compares(test: Test, width: number, a: bigint, b: bigint): boolean {
  switch (test) {
    case "eq":
      return a === b;
    case "ult":
      return a < b;
    case "ule":
      return a <= b;
    case "slt":
      return BigInt.asIntN(width, a) < BigInt.asIntN(width, b);
    case "sle":
      return BigInt.asIntN(width, a) <= BigInt.asIntN(width, b);
    default:
      return unreachable(test);
  }
}

function operate(op: BitOperation, width: number, a: bigint, b: bigint): bigint {
  const wide = BigInt(width);
  switch (op) {
    case "and":
      return a & b;
    case "or":
      return a | b;
    case "xor":
      return a ^ b;
    case "mul":
      return a * b;
    case "udiv":
      return b === 0n ? (1n << wide) - 1n : a / b;
    case "urem":
      return b === 0n ? a : a % b;
    case "shl":
      return b >= wide ? 0n : a << b;
    case "lshr":
      return b >= wide ? 0n : a >> b;
    case "ashr":
      return BigInt.asIntN(width, a) >> (b >= wide ? wide - 1n : b);
    default:
      return unreachable(op);
  }
}
