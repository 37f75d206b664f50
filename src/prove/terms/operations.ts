import { concat, extractBits, signExtend, zeroExtend } from "./bits.ts";
import { type Bits, constant, raw } from "./term.ts";

export function division(op: "udiv" | "urem", a: Bits, b: Bits): Bits {
  if (a.kind === "constant" && b.kind === "constant" && b.value !== 0n) {
    return constant(a.width, op === "udiv" ? a.value / b.value : a.value % b.value);
  }
  return raw.operation(op, a, b);
}

/** @param by less than the width where it is a constant */
export function shift(op: "shl" | "lshr" | "ashr", a: Bits, by: Bits): Bits {
  if (by.kind !== "constant") return raw.operation(op, a, by);
  const { width } = a;
  const n = Number(by.value);
  if (n === 0) return a;
  if (op === "shl") return concat([constant(n, 0n), extractBits(a, 0, width - n)]);
  const rest = extractBits(a, n, width - n);
  return op === "lshr" ? zeroExtend(rest, width) : signExtend(rest, width);
}
