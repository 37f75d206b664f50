import { I32, I64 } from "./opcodes.ts";

/** Locals of a compiled function: R0 to R9, which it takes, R10, and the rest below. */
export const FRAME_POINTER = 10;
/** i64: the distance from the start of a region. */
export const OFFSET = 11;
/** i64: what memory held before an atomic operation. */
export const OLD = 12;
/** i32: instructions left of the budget. */
export const LEFT_HERE = 13;
/** i32: the first byte of the function's stack. */
export const STACK = 14;
/** i32: the block whose instructions the budget does not cover; of functions with a dispatcher, the next block. */
export const WHICH = 15;
/** i32: where an access goes. */
export const PLACE = 16;
const FIRST_HINT = 17;

/** i32: the descriptor of the region that the last access by this register found. */
export function hintOf(register: number): number {
  return FIRST_HINT + register;
}

export const PARAMETERS: readonly number[] = Array<number>(10).fill(I64);
/** The types of the locals behind the parameters. */
export const LOCALS: readonly number[] = [I64, I64, I64, ...Array<number>(4 + 11).fill(I32)];
