import type { AluOperation, AtomicOperation, JumpTest, Semantics, Width } from "#isa/semantics.ts";

/**
 * RFC 9669 in BigInt, written from its text and sharing nothing with the interpreter: what a register
 * holds after an instruction, from what the operands held. All values are unsigned 64-bit numbers.
 */
export function aluResult(op: AluOperation, width: Width, dst: bigint, src: bigint): bigint {
  const a = BigInt.asUintN(width, dst);
  const b = BigInt.asUintN(width, src);
  const sa = BigInt.asIntN(width, dst);
  const sb = BigInt.asIntN(width, src);
  const count = b & BigInt(width - 1);
  const result = {
    add: () => a + b,
    sub: () => a - b,
    mul: () => a * b,
    div: () => (b === 0n ? 0n : a / b),
    sdiv: () => (b === 0n ? 0n : sa / sb),
    or: () => a | b,
    and: () => a & b,
    lsh: () => a << count,
    rsh: () => a >> count,
    arsh: () => sa >> count,
    neg: () => -sa,
    mod: () => (b === 0n ? a : a % b),
    smod: () => (b === 0n ? a : sa % sb),
    xor: () => a ^ b,
    mov: () => b,
  }[op]();
  return BigInt.asUintN(width, result);
}

export function moveResult(bits: number, width: Width, src: bigint): bigint {
  return BigInt.asUintN(width, BigInt.asIntN(bits, src));
}

export function byteOrderResult(does: Extract<Semantics, { kind: "byte-order" }>, dst: bigint): bigint {
  const bytes = Array.from({ length: does.bits / 8 }, (_, i) => (dst >> BigInt(8 * i)) & 0xffn);
  const ordered = does.to === "le" ? bytes : bytes.reverse();
  return ordered.reduce((sum, byte, i) => sum | (byte << BigInt(8 * i)), 0n);
}

export function jumps(test: JumpTest, width: Width, dst: bigint, src: bigint): boolean {
  const a = BigInt.asUintN(width, dst);
  const b = BigInt.asUintN(width, src);
  const sa = BigInt.asIntN(width, dst);
  const sb = BigInt.asIntN(width, src);
  return {
    eq: a === b,
    ne: a !== b,
    gt: a > b,
    ge: a >= b,
    lt: a < b,
    le: a <= b,
    set: (a & b) !== 0n,
    sgt: sa > sb,
    sge: sa >= sb,
    slt: sa < sb,
    sle: sa <= sb,
  }[test];
}

export function atomicResult(op: AtomicOperation, bytes: number, memory: bigint, src: bigint): bigint {
  const result = { add: memory + src, or: memory | src, and: memory & src, xor: memory ^ src }[op];
  return BigInt.asUintN(8 * bytes, result);
}
