import { unreachable } from "#core/unreachable.ts";
import { operandsOf } from "./operands.ts";
import type { BitOperation, Bits, Term, Test, Truth } from "./term.ts";
import { isTruth } from "./term.ts";

/**
 * Terms as SMT-LIB 2.6 in the logic QF_BV: every inner term is a definition of its own, `t` and its
 * number, so that what is shared is written once. Each byte of a memory is a variable: that two bytes of one address are
 * the same is not said (see decide.ts), so what holds here holds of memories all the more.
 */
export class SmtLib {
  readonly #lines: string[] = [];
  readonly #names = new Map<Term, string>();
  readonly #declared = new Set<string>();

  /** The name of a term; `lines` then has what it needs. */
  name(term: Term): string {
    const pending: Term[] = [term];
    for (let next = pending.at(-1); next !== undefined; next = pending.at(-1)) {
      const missing =
        this.#names.has(next) || next.kind === "byte"
          ? []
          : operandsOf(next).filter((one) => !this.#names.has(one));
      if (missing.length > 0) pending.push(...missing);
      else {
        pending.length -= 1;
        this.#define(next);
      }
    }
    return this.#known(term);
  }

  /** What has been defined since the last call. */
  takeLines(): readonly string[] {
    return this.#lines.splice(0);
  }

  #known(term: Term): string {
    const name = this.#names.get(term);
    if (name === undefined) throw new Error("a term before its operands");
    return name;
  }

  #define(term: Term): void {
    if (this.#names.has(term)) return;
    const text = isTruth(term) ? this.#truth(term) : this.#bits(term);
    const leaf = term.kind === "constant" || term.kind === "literal" || isName(term);
    if (leaf) {
      this.#names.set(term, text);
      return;
    }
    const name = `t${term.id}`;
    const sort = isTruth(term) ? "Bool" : `(_ BitVec ${term.width})`;
    this.#lines.push(`(define-fun ${name} () ${sort} ${text})`);
    this.#names.set(term, name);
  }

  #declare(name: string, sort: string): string {
    const quoted = `|${name}|`;
    if (!this.#declared.has(name)) {
      this.#declared.add(name);
      this.#lines.push(`(declare-fun ${quoted} () ${sort})`);
    }
    return quoted;
  }

  #truth(term: Truth): string {
    switch (term.kind) {
      case "literal":
        return String(term.value);
      case "not":
        return `(not ${this.#known(term.of)})`;
      case "all":
        return `(and ${term.of.map((one) => this.#known(one)).join(" ")})`;
      case "any":
        return `(or ${term.of.map((one) => this.#known(one)).join(" ")})`;
      case "compare":
        return `(${TESTS[term.test]} ${this.#known(term.a)} ${this.#known(term.b)})`;
      default:
        return unreachable(term);
    }
  }

  #bits(term: Bits): string {
    switch (term.kind) {
      case "constant":
        return literalOf(term.width, term.value);
      case "variable":
        return this.#declare(term.name, `(_ BitVec ${term.width})`);
      case "byte":
        return this.#declare(`${term.memory} at t${term.at.id}`, "(_ BitVec 8)");
      case "sum":
        return this.#sum(term);
      case "concat":
        return nest(
          "concat",
          [...term.parts].reverse().map((part) => this.#known(part)),
        );
      case "extract":
        return `((_ extract ${term.low + term.width - 1} ${term.low}) ${this.#known(term.of)})`;
      case "sign-extend":
        return `((_ sign_extend ${term.width - term.of.width}) ${this.#known(term.of)})`;
      case "operation":
        return `(${OPERATIONS[term.op]} ${this.#known(term.a)} ${this.#known(term.b)})`;
      case "choice":
        return `(ite ${this.#known(term.when)} ${this.#known(term.then)} ${this.#known(term.otherwise)})`;
      default:
        return unreachable(term);
    }
  }

  #sum({ width, constant, addends }: Bits & { kind: "sum" }): string {
    const positive: string[] = constant === 0n ? [] : [literalOf(width, constant)];
    const negative: string[] = [];
    for (const { factor, term } of addends) {
      const size = factor < 0n ? -factor : factor;
      const text = this.#known(term);
      (factor < 0n ? negative : positive).push(
        size === 1n ? text : `(bvmul ${literalOf(width, size)} ${text})`,
      );
    }
    const plus = positive.length > 1 ? nest("bvadd", positive) : (positive[0] ?? literalOf(width, 0n));
    return negative.reduce((left, right) => `(bvsub ${left} ${right})`, plus);
  }
}

/** The binary operations of SMT-LIB take two operands. */
function nest(op: string, operands: readonly string[]): string {
  return operands.reduce((left, right) => `(${op} ${left} ${right})`);
}

function isName(term: Term): boolean {
  return term.kind === "variable" || term.kind === "byte";
}

function literalOf(width: number, value: bigint): string {
  return `(_ bv${BigInt.asUintN(width, value)} ${width})`;
}

const TESTS: Readonly<Record<Test, string>> = {
  eq: "=",
  ult: "bvult",
  ule: "bvule",
  slt: "bvslt",
  sle: "bvsle",
};

const OPERATIONS: Readonly<Record<BitOperation, string>> = {
  and: "bvand",
  or: "bvor",
  xor: "bvxor",
  mul: "bvmul",
  udiv: "bvudiv",
  urem: "bvurem",
  shl: "bvshl",
  lshr: "bvlshr",
  ashr: "bvashr",
};
