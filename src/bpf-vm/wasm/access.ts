import { STACK_SIZE } from "#bpf-vm/call-stack.ts";
import type { Update } from "#bpf-vm/interpreter/operations.ts";
import type { Bytes } from "#isa/semantics.ts";
import type { Operand } from "./arithmetic.ts";
import type { Code } from "./code.ts";
import { numberOf } from "./imports.ts";
import { Descriptor, FOUND, LEFT, limitOffset, shadowOffset } from "./layout.ts";
import { hintOf, LEFT_HERE, OFFSET, OLD, PLACE, STACK } from "./locals.ts";
import { I32, type Opcode, W } from "./opcodes.ts";

const LOADS: { readonly [Size in Bytes]: readonly [unsigned: Opcode, signed: Opcode] } = {
  1: [W.i64Load8U, W.i64Load8S],
  2: [W.i64Load16U, W.i64Load16S],
  4: [W.i64Load32U, W.i64Load32S],
  8: [W.i64Load, W.i64Load],
};
const STORES: { readonly [Size in Bytes]: Opcode } = {
  1: W.i64Store8,
  2: W.i64Store16,
  4: W.i64Store32,
  8: W.i64Store,
};
/** The shadow of bytes that have been written, by their number. */
const WRITTEN: { readonly [Size in Bytes]: bigint } = {
  1: 0x01n,
  2: 0x0101n,
  4: 0x01010101n,
  8: 0x0101010101010101n,
};

/** Memory that an instruction names: *(register + offset), `bytes` long. */
export type AccessedMemory = {
  readonly register: number;
  readonly offset: number;
  readonly bytes: Bytes;
  /** The lowered instruction. */
  readonly at: number;
  /** Whether the register is R10 and nothing in the program changes it. */
  readonly ownStack: boolean;
};

/** dst = *target. */
export function emitLoad(code: Code, target: AccessedMemory, signed: boolean, dst: number): void {
  const load = LOADS[target.bytes][signed ? 1 : 0];
  const inFrame = frameOffset(target);
  if (inFrame === undefined) {
    emitPlace(code, target, "read");
    code.access(load).set(dst);
    return;
  }
  const shadow = inFrame + shadowOffset(STACK_SIZE);
  code.get(STACK).access(LOADS[target.bytes][0], shadow).i64(WRITTEN[target.bytes]).op(W.i64Ne);
  // Unwritten, which the memory's own check finds out again.
  code.if(() => {
    emitSearch(code, target, "read");
    code.set(PLACE);
  });
  code.get(STACK).access(load, inFrame).set(dst);
}

/** *target = the low bytes of source. */
export function emitStore(code: Code, target: AccessedMemory, source: Operand): void {
  const store = STORES[target.bytes];
  const inFrame = frameOffset(target);
  if (inFrame === undefined) {
    emitPlace(code, target, "write");
    source();
    code.access(store);
    return;
  }
  code.get(STACK);
  source();
  code.access(store, inFrame);
  code
    .get(STACK)
    .i64(WRITTEN[target.bytes])
    .access(store, inFrame + shadowOffset(STACK_SIZE));
}

/** An atomic operation with `source` as its register. */
export function emitUpdate(code: Code, target: AccessedMemory, does: Update, source: number): void {
  code.i32(LEFT).get(LEFT_HERE).access(W.i32Store);
  emitHalves(code, target);
  code.i32(target.bytes).i32(target.at).call(numberOf("update")).tee(PLACE);
  code.access(LOADS[target.bytes][0]).set(OLD);
  const store = STORES[target.bytes];
  switch (does.kind) {
    case "exchange":
      code.get(PLACE, source).access(store).get(OLD).set(source);
      return;
    case "compare-exchange":
      code.get(0);
      if (does.bytes === 4) code.op(W.i32WrapI64, W.i64ExtendI32U);
      code.get(OLD).op(W.i64Eq);
      code.if(() => code.get(PLACE, source).access(store));
      code.get(OLD).set(0);
      return;
    case "atomic": {
      const combine = { add: W.i64Add, or: W.i64Or, and: W.i64And, xor: W.i64Xor }[does.op];
      code.get(PLACE, OLD, source).op(combine).access(store);
      if (does.fetch) code.get(OLD).set(source);
    }
  }
}

/** The target's offset within the function's own stack; undefined where it is not known to be there. */
function frameOffset({ ownStack, offset, bytes }: AccessedMemory): number | undefined {
  const inFrame = STACK_SIZE + offset;
  return ownStack && inFrame >= 0 && inFrame <= STACK_SIZE - bytes ? inFrame : undefined;
}

/**
 * Leaves on the stack where the target's bytes are: within the region that the register pointed to last,
 * or where a search finds them.
 */
function emitPlace(code: Code, target: AccessedMemory, access: "read" | "write"): void {
  const { register, bytes } = target;
  const hint = hintOf(register);
  const limits = access === "read" ? Descriptor.READ_LIMITS : Descriptor.WRITE_LIMITS;
  emitAddress(code, target);
  code.get(hint).access(W.i64Load, Descriptor.START).op(W.i64Sub).tee(OFFSET);
  code
    .get(hint)
    .access(W.i64Load32U, limits + limitOffset(bytes))
    .op(W.i64LtU);
  code.if(
    () => code.get(OFFSET).op(W.i32WrapI64).get(hint).access(W.i32Load, Descriptor.BASE).op(W.i32Add),
    () => {
      emitSearch(code, target, access);
      code.i32(0).access(W.i32Load, FOUND).set(hint);
    },
    I32,
  );
}

function emitSearch(code: Code, target: AccessedMemory, access: "read" | "write"): void {
  emitAddress(code, target);
  code.i32(target.bytes).i32(target.at).get(LEFT_HERE);
  code.call(numberOf(access === "read" ? "find-to-read" : "find-to-write"));
}

function emitAddress(code: Code, { register, offset }: AccessedMemory): void {
  code.get(register);
  if (offset !== 0) code.i64(offset).op(W.i64Add);
}

function emitHalves(code: Code, target: AccessedMemory): void {
  emitAddress(code, target);
  code.i64(32).op(W.i64ShrU, W.i32WrapI64);
  emitAddress(code, target);
  code.op(W.i32WrapI64);
}
