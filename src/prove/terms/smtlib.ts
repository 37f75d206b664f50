import { unreachable } from "#core/unreachable.ts";
import type { BitOperation, Bits, Term, Test, Truth } from "./term.ts";
import { isTruth } from "./term.ts";

/**
 * How bytes of memories are written: as elements of arrays, or each by itself. By itself is the weaker: two bytes of one address are then
 * only the same where their addresses are one term. What is so even then is so, and solvers are much faster.
 */
export type Memories = "arrays" | "free bytes";

/**
 * Terms as SMT-LIB 2.6 in the logic QF_ABV: every inner term is a definition of its own, `t` and its
 * number, so that what is shared is written once. Memories are arrays of bytes by 64-bit addresses.
 */
export class SmtLib {
  readonly #memories: Memories;
  readonly #lines: string[] = [];
  readonly #names = new Map<Term, string>();
  readonly #declared = new Set<string>();

  constructor(memories: Memories) {
    this.#memories = memories;
  }

  /** The name of a term; `lines` then has what it needs. */
  name(term: Term): string {
    const pending: Term[] = [term];
    for (let next = pending.at(-1); next !== undefined; next = pending.at(-1)) {
      const missing = this.#names.has(next) ? [] : operandsOf(next).filter((one) => !this.#names.has(one));
      if (missing.length > 0) pending.push(...missing);
      else {
        pending.pop();
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
      case "proposition":
        return this.#declare(term.name, "Bool");
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
      case "byte": {
        if (this.#memories === "free bytes")
          return this.#declare(`${term.memory} ${term.id}`, "(_ BitVec 8)");
        const memory = this.#declare(term.memory, "(Array (_ BitVec 64) (_ BitVec 8))");
        return `(select ${memory} ${this.#known(term.at)})`;
      }
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
  return term.kind === "variable" || term.kind === "proposition";
}

function literalOf(width: number, value: bigint): string {
  return `(_ bv${BigInt.asUintN(width, value)} ${width})`;
}

function operandsOf(term: Term): readonly Term[] {
  switch (term.kind) {
    case "constant":
    case "variable":
    case "literal":
    case "proposition":
      return [];
    case "byte":
      return [term.at];
    case "sum":
      return term.addends.map((addend) => addend.term);
    case "concat":
      return term.parts;
    case "extract":
    case "sign-extend":
    case "not":
      return [term.of];
    case "operation":
    case "compare":
      return [term.a, term.b];
    case "choice":
      return [term.when, term.then, term.otherwise];
    case "all":
    case "any":
      return term.of;
    default:
      return unreachable(term);
  }
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
