import { unreachable } from "#core/unreachable.ts";
import type { AluOperation, JumpTest, Width } from "#isa/semantics.ts";
import {
  bits64,
  bitwise,
  choice,
  concat,
  extractBits,
  minus,
  plus,
  signExtend,
  times,
  zeroExtend,
} from "#prove/terms/bits.ts";
import { division, shift } from "#prove/terms/operations.ts";
import { type Bits, constant, FALSE, literal, type Truth } from "#prove/terms/term.ts";
import { compare, equals, not } from "#prove/terms/truth.ts";
import { fault, unknown } from "./problem.ts";
import { number, pointer, type Value } from "./value.ts";

/** `dst op= source`, as RFC 9669 has it; pointers can be moved, and numbers added to them or taken from them. */
export function aluResult(op: AluOperation, width: Width, dst: Value, source: Value): Value {
  if (op === "mov" && width === 64) return readable(source);
  if (width === 64 && (op === "add" || op === "sub")) {
    const moved = movePointer(op, dst, source);
    if (moved !== undefined) return moved;
  }
  const result = arithmetic(
    op,
    low(numberIn(op === "mov" ? source : dst), width),
    low(numberIn(source), width),
  );
  return number(zeroExtend(result, 64));
}

function movePointer(op: "add" | "sub", dst: Value, source: Value): Value | undefined {
  if (dst.kind === "pointer" && source.kind === "number") {
    const offset = op === "add" ? plus(dst.offset, source.bits) : minus(dst.offset, source.bits);
    return pointer(dst.to, offset);
  }
  if (op === "add" && source.kind === "pointer" && dst.kind === "number") {
    return pointer(source.to, plus(source.offset, dst.bits));
  }
  if (op === "sub" && dst.kind === "pointer" && source.kind === "pointer" && dst.to === source.to) {
    return number(minus(dst.offset, source.offset));
  }
  return undefined;
}

export function readable(value: Value): Value {
  return value.kind === "unreadable" ? fault("uses a register that holds nothing") : value;
}

/** @throws where the value is a pointer: what it is as a number is not known */
export function numberIn(value: Value): Bits {
  const known = readable(value);
  if (known.kind === "number") return known.bits;
  return unknown("calculates with a pointer as a number");
}

function low(bits: Bits, width: Width): Bits {
  return extractBits(bits, 0, width);
}

function arithmetic(op: AluOperation, a: Bits, b: Bits): Bits {
  const zero = constant(a.width, 0n);
  switch (op) {
    case "mov":
      return b;
    case "add":
      return plus(a, b);
    case "sub":
      return minus(a, b);
    case "neg":
      return minus(zero, a);
    case "mul":
      return times(a, b);
    case "or":
    case "and":
    case "xor":
      return bitwise(op, a, b);
    case "lsh":
      return shift("shl", a, amount(b));
    case "rsh":
      return shift("lshr", a, amount(b));
    case "arsh":
      return shift("ashr", a, amount(b));
    case "div":
      return choice(equals(b, zero), zero, division("udiv", a, b));
    case "mod":
      return choice(equals(b, zero), a, division("urem", a, b));
    case "sdiv":
    case "smod":
      return unknown("divides signed numbers");
    default:
      return unreachable(op);
  }
}

/** Shifts look at the low bits of their amount. */
function amount(by: Bits): Bits {
  return bitwise("and", by, constant(by.width, BigInt(by.width - 1)));
}

/** The low `bits` of the source as a signed number, in a register. */
export function moveSigned(width: Width, bits: number, source: Value): Value {
  return number(zeroExtend(signExtend(extractBits(numberIn(source), 0, bits), width), 64));
}

/** Kernels that have parsers are little-endian. */
export function reorder(to: "le" | "be" | "swap", bits: number, dst: Value): Value {
  const bytes = Array.from({ length: bits / 8 }, (_, i) => extractBits(numberIn(dst), 8 * i, 8));
  return number(zeroExtend(concat(to === "le" ? bytes : bytes.reverse()), 64));
}

/** Whether `a test b` holds for the low `width` bits. */
export function tests(test: JumpTest, width: Width, a: Value, b: Value): Truth {
  const left = readable(a);
  const right = readable(b);
  if (left.kind === "pointer" || right.kind === "pointer") return testsPointer(test, width, left, right);
  return testsNumbers(test, low(numberIn(left), width), low(numberIn(right), width));
}

/** A pointer is never NULL: what may be NULL is told apart where it is given. */
function testsPointer(test: JumpTest, width: Width, a: Value, b: Value): Truth {
  if (width === 64 && a.kind === "pointer" && b.kind === "pointer" && a.to === b.to) {
    return testsNumbers(test, a.offset, b.offset);
  }
  const other = a.kind === "pointer" ? b : a;
  const isNull = other.kind === "number" && other.bits === bits64(0);
  if (width === 64 && isNull && (test === "eq" || test === "ne")) return literal(test === "ne");
  const side = width === 64 && a.kind === "pointer" && b.kind === "number" ? sideOf(b.bits) : undefined;
  const verdict = side && BESIDE_ADDRESSES[side][test];
  return verdict === undefined ? unknown("compares a pointer with what may be an address") : literal(verdict);
}

/** No address lies in the first page, nor in the last, where error numbers are (IS_ERR_VALUE): 4096 bytes each. */
const PAGE = 4096n;

function sideOf(bits: Bits): keyof typeof BESIDE_ADDRESSES | undefined {
  if (bits.kind !== "constant") return undefined;
  if (bits.value < PAGE) return "below";
  return bits.value >= (1n << 64n) - PAGE ? "above" : undefined;
}

/** What an address is beside a number below all of them, and above all of them. */
const BESIDE_ADDRESSES: Readonly<Record<"below" | "above", { readonly [test in JumpTest]?: boolean }>> = {
  below: { eq: false, ne: true, gt: true, ge: true, lt: false, le: false },
  above: { eq: false, ne: true, gt: false, ge: false, lt: true, le: true },
};

function testsNumbers(test: JumpTest, a: Bits, b: Bits): Truth {
  switch (test) {
    case "eq":
      return equals(a, b);
    case "ne":
      return not(equals(a, b));
    case "gt":
      return compare("ult", b, a);
    case "ge":
      return compare("ule", b, a);
    case "lt":
      return compare("ult", a, b);
    case "le":
      return compare("ule", a, b);
    case "sgt":
      return compare("slt", b, a);
    case "sge":
      return compare("sle", b, a);
    case "slt":
      return compare("slt", a, b);
    case "sle":
      return compare("sle", a, b);
    case "set": {
      const common = equals(bitwise("and", a, b), constant(a.width, 0n));
      return common === FALSE ? literal(true) : not(common);
    }
    default:
      return unreachable(test);
  }
}
