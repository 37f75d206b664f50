import { unreachable } from "#core/unreachable.ts";
import { bitwise, byteOf, choice, concat, extractBits, signExtend, sum, times } from "./bits.ts";
import { division, shift } from "./operations.ts";
import type { Bits, Truth } from "./term.ts";
import { all, any, compare, not } from "./truth.ts";

/** What becomes of a term's operands. */
export type OperandChange = {
  readonly bits: (of: Bits) => Bits;
  readonly truth: (of: Truth) => Truth;
};

/** The same of changed operands, as simple as it gets. */
export function rebuiltTruth(term: Truth, change: OperandChange): Truth {
  switch (term.kind) {
    case "literal":
      return term;
    case "not":
      return not(change.truth(term.of));
    case "all":
      return all(...term.of.map((one) => change.truth(one)));
    case "any":
      return any(...term.of.map((one) => change.truth(one)));
    case "compare":
      return compare(term.test, change.bits(term.a), change.bits(term.b));
    default:
      return unreachable(term);
  }
}

/** The same of changed operands, as simple as it gets. */
export function rebuiltBits(term: Bits, change: OperandChange): Bits {
  switch (term.kind) {
    case "constant":
    case "variable":
      return term;
    case "byte":
      return byteOf(term.memory, change.bits(term.at));
    case "sum":
      return sum(
        term.width,
        term.constant,
        term.addends.map(({ factor, term: one }) => ({ factor, term: change.bits(one) })),
      );
    case "concat":
      return concat(term.parts.map((part) => change.bits(part)));
    case "extract":
      return extractBits(change.bits(term.of), term.low, term.width);
    case "sign-extend":
      return signExtend(change.bits(term.of), term.width);
    case "choice":
      return choice(change.truth(term.when), change.bits(term.then), change.bits(term.otherwise));
    case "operation":
      return operation(term.op, change.bits(term.a), change.bits(term.b));
    default:
      return unreachable(term);
  }
}

function operation(op: (Bits & { kind: "operation" })["op"], a: Bits, b: Bits): Bits {
  switch (op) {
    case "and":
    case "or":
    case "xor":
      return bitwise(op, a, b);
    case "mul":
      return times(a, b);
    case "udiv":
    case "urem":
      return division(op, a, b);
    case "shl":
    case "lshr":
    case "ashr":
      return shift(op, a, b);
    default:
      return unreachable(op);
  }
}
