import type { AluOperation, AtomicOperation, Bytes, JumpTest, Semantics, Width } from "#isa/semantics.ts";

/**
 * The interpreter's own operations. An immediate operand is a register that holds a constant, so there
 * is no second form of anything; the numbers mean nothing outside of this folder.
 *
 * The switches of `interpreter.ts`, `conditions.ts` and `arithmetic.ts` write them as literals with the name
 * behind: V8 makes a jump table of literals only, which is twice as fast. A test compares the two.
 */
export const Op = {
  nop: 0,
  load1: 1,
  load2: 2,
  load4: 3,
  load8: 4,
  store1: 5,
  store2: 6,
  store4: 7,
  store8: 8,
  mov64: 9,
  mov32: 10,
  add64: 11,
  add32: 12,
  sub64: 13,
  sub32: 14,
  and64: 15,
  and32: 16,
  or64: 17,
  or32: 18,
  xor64: 19,
  xor32: 20,
  lsh64: 21,
  lsh32: 22,
  rsh64: 23,
  rsh32: 24,
  arsh64: 25,
  arsh32: 26,
  mul64: 27,
  mul32: 28,
  neg64: 29,
  neg32: 30,
  jump: 31,
  eq64: 32,
  eq32: 33,
  ne64: 34,
  ne32: 35,
  gt64: 36,
  gt32: 37,
  ge64: 38,
  ge32: 39,
  lt64: 40,
  lt32: 41,
  le64: 42,
  le32: 43,
  set64: 44,
  set32: 45,
  sgt64: 46,
  sgt32: 47,
  sge64: 48,
  sge32: 49,
  slt64: 50,
  slt32: 51,
  sle64: 52,
  sle32: 53,
  call: 54,
  callLocal: 55,
  exit: 56,
  div64: 57,
  div32: 58,
  sdiv64: 59,
  sdiv32: 60,
  mod64: 61,
  mod32: 62,
  smod64: 63,
  smod32: 64,
  extend8to64: 65,
  extend16to64: 66,
  extend32to64: 67,
  extend8to32: 68,
  extend16to32: 69,
  zero16: 70,
  swap16: 71,
  swap32: 72,
  swap64: 73,
  loadSigned1: 74,
  loadSigned2: 75,
  loadSigned4: 76,
  /** Everything that reads and writes one place: the argument's entry in `updates` says what. */
  update: 77,
  /** No program here may contain it: the argument's entry in `refusals` says what it is. */
  refuse: 78,
} as const;

export type Operation = keyof typeof Op;

/** What an `update` does. */
export type Update =
  | {
      readonly kind: "atomic";
      readonly op: AtomicOperation;
      readonly bytes: 4 | 8;
      readonly fetch: boolean;
    }
  | { readonly kind: "exchange"; readonly bytes: 4 | 8 }
  | { readonly kind: "compare-exchange"; readonly bytes: 4 | 8 };

export function aluOperation(op: AluOperation, width: Width): Operation {
  return `${op}${width}`;
}

export function jumpOperation(test: JumpTest, width: Width): Operation {
  return `${test}${width}`;
}

export function loadOperation(bytes: Bytes, signed: boolean): Operation {
  if (!signed || bytes === 8) return `load${bytes}`;
  return `loadSigned${bytes}`;
}

export function extendOperation(bits: 8 | 16 | 32, width: Width): Operation {
  // From 32 bits to 32 bits is a plain move, which the instruction set does not have.
  if (bits === 32) return width === 64 ? "extend32to64" : "mov32";
  return `extend${bits}to${width}`;
}

/** The machine is little-endian, as every kernel that these programs are for. */
export function byteOrderOperation(does: Extract<Semantics, { kind: "byte-order" }>): Operation {
  if (does.to !== "le") return `swap${does.bits}`;
  return does.bits === 16 ? "zero16" : does.bits === 32 ? "mov32" : "nop";
}
