import { unreachable } from "#core/unreachable.ts";
import type { Instruction } from "#isa/instruction.ts";
import type { Bytes, Source } from "#isa/semantics.ts";
import { emitLoad, emitStore, emitUpdate, type AccessedMemory as Memory } from "./access.ts";
import { emitAlu, emitByteOrder, emitMoveSigned } from "./arithmetic.ts";
import type { BlockStep } from "./blocks.ts";
import type { Code } from "./code.ts";
import { FRAME_POINTER } from "./locals.ts";
import { W } from "./opcodes.ts";

/** What the instructions of a program have to know of the whole of it. */
export type StepContext = {
  /** Where the value of a symbol is, by the slot of its instruction. */
  readonly symbols: ReadonlyMap<number, number>;
  /** Whether no instruction changes R10. */
  readonly fixedFrame: boolean;
};

/** Compiles an instruction that goes on with the next one and calls nothing. */
export function emitStep(code: Code, step: BlockStep, context: StepContext): void {
  const { does, instruction } = step;
  if (instruction === undefined) return;
  const { dst, src, offset } = instruction;
  switch (does.kind) {
    case "alu":
      emitAlu(code, does, dst, operand(code, does.source, instruction));
      return;
    case "move-signed":
      emitMoveSigned(code, does, dst, () => code.get(src));
      return;
    case "byte-order":
      emitByteOrder(code, does, dst);
      return;
    case "load":
      emitLoad(code, memory(src, does.bytes), does.signed, dst);
      return;
    case "load-acquire":
      emitLoad(code, memory(src, does.bytes), false, dst);
      return;
    case "store":
      emitStore(code, memory(dst, does.bytes), operand(code, does.source, instruction));
      return;
    case "store-release":
      emitStore(code, memory(dst, does.bytes), () => code.get(src));
      return;
    case "atomic":
    case "exchange":
    case "compare-exchange":
      emitUpdate(code, memory(dst, does.bytes), does, src);
      return;
    case "load-imm64": {
      if (does.meaning === "value") code.i64(instruction.imm64 ?? 0n);
      else code.i32(0).access(W.i64Load, context.symbols.get(instruction.index) ?? 0);
      code.set(dst);
      return;
    }
    case "may-goto":
      // The kernel's own budget is 8 million turns; ours ends the program first, and as a fault.
      return;
    case "jump":
    case "jump-if":
    case "call":
    case "exit":
    case "address-space-cast":
    case "packet-load":
    case "call-register":
    case "jump-register":
    case "end-of-program":
      throw new Error(`${does.kind} inside a block`);
    default:
      unreachable(does);
  }

  function memory(register: number, bytes: Bytes): Memory {
    const ownStack = register === FRAME_POINTER && context.fixedFrame;
    return { register, offset, bytes, at: step.at, ownStack };
  }
}

/** The second operand: a register, or the immediate sign-extended. */
export function operand(code: Code, source: Source, { src, imm }: Instruction): () => void {
  return source === "reg" ? () => code.get(src) : () => code.i64(imm);
}

/** Whether an instruction changes R10, which the kernel's verifier refuses and nothing else does. */
export function changesFramePointer({ does, instruction }: BlockStep): boolean {
  switch (does.kind) {
    case "alu":
    case "move-signed":
    case "byte-order":
    case "load":
    case "load-acquire":
    case "load-imm64":
      return instruction?.dst === FRAME_POINTER;
    case "exchange":
      return instruction?.src === FRAME_POINTER;
    case "atomic":
      return does.fetch && instruction?.src === FRAME_POINTER;
    default:
      return false;
  }
}
