import { UNREADABLE } from "#bpf-vm/execution.ts";
import { emitTest } from "./arithmetic.ts";
import { type Block, type BlockStep, isRefused } from "./blocks.ts";
import { Code } from "./code.ts";
import { emitFlow } from "./flow.ts";
import { type ImportName, numberOf } from "./imports.ts";
import { FRAME, LEFT, REGISTER_FILE } from "./layout.ts";
import { FRAME_POINTER, LEFT_HERE, LOCALS, PARAMETERS, STACK, WHICH } from "./locals.ts";
import type { WasmFunction } from "./module.ts";
import { I64, W } from "./opcodes.ts";
import { emitStep, operand, type StepContext } from "./step.ts";

const POISON_VALUE = (BigInt(UNREADABLE.high) << 32n) | BigInt(UNREADABLE.low);
/** The end of the function, where a block goes that the budget does not cover. */
const EXHAUSTED = "exhausted";

export type FunctionContext = StepContext & {
  readonly blocks: readonly Block[];
  /** Where the coverage bytes of the blocks are, two each. */
  readonly coverage: number;
  /** Of each call of a helper or kfunc, its place among the program's calls, by the slot. */
  readonly calls: ReadonlyMap<number, number>;
  /** Of each function of the program, the number by which code calls it, by its first block. */
  readonly functions: ReadonlyMap<number, number>;
  /** Of each local call, the first block of the function, by its lowered instruction. */
  readonly called: ReadonlyMap<number, number>;
};

/** Compiles the function that begins with a block. It takes R0 to R9 and gives R0. */
export function compileFunction(context: FunctionContext, entry: number): WasmFunction {
  return new FunctionCompiler(context).compile(entry);
}

class FunctionCompiler {
  readonly #context: FunctionContext;
  readonly #code = new Code();

  constructor(context: FunctionContext) {
    this.#context = context;
  }

  compile(entry: number): WasmFunction {
    const code = this.#code;
    code.i32(0).access(W.i64Load, registerAt(FRAME_POINTER)).set(FRAME_POINTER);
    code.i32(0).access(W.i32Load, FRAME).set(STACK);
    this.#reloadLeft();
    code.block(EXHAUSTED);
    emitFlow(code, this.#context.blocks, entry, (block, goTo) => this.#block(block, goTo));
    code.end(EXHAUSTED);
    for (let register = 0; register <= FRAME_POINTER; register++) this.#storeRegister(register);
    code.i32(LEFT).get(LEFT_HERE).access(W.i32Store);
    code.get(WHICH).call(numberOf("exhausted")).op(W.unreachable);
    return { takes: PARAMETERS, gives: [I64], locals: LOCALS, body: code.bytes };
  }

  /** `goTo` leads to one of the blocks that follow, and never back. */
  #block(block: Block, goTo: (next: number) => void): void {
    const code = this.#code;
    code.get(LEFT_HERE).i32(block.steps.length).op(W.i32Sub).tee(LEFT_HERE).i32(0).op(W.i32LtS);
    code.if(() => code.i32(block.id).set(WHICH).branch(EXHAUSTED));
    const last = block.steps.at(-1);
    if (last === undefined) throw new Error("a block without instructions");
    for (const step of block.steps.slice(0, -1)) emitStep(code, step, this.#context);
    this.#last(block, last, goTo);
  }

  #last(block: Block, step: BlockStep, goTo: (next: number) => void): void {
    const code = this.#code;
    const { does, instruction, at } = step;
    const [next = -1, behind = -1] = block.next;
    if (instruction === undefined || isRefused(does)) this.#refuse(at);
    else if (does.kind === "jump-if") {
      const b = operand(code, does.source, instruction);
      emitTest(code, does.test, does.width, () => code.get(instruction.dst), b);
      code.if(() => {
        this.#cover(block, 1);
        goTo(next);
      });
      this.#cover(block, 0);
      goTo(behind);
    } else if (does.kind === "exit") {
      this.#cover(block, 0);
      code.i32(LEFT).get(LEFT_HERE).access(W.i32Store);
      code.get(0).op(W.return);
    } else {
      if (does.kind === "call" && does.target !== "local") this.#callOut(at, instruction.index);
      else if (does.kind !== "call" && does.kind !== "jump") emitStep(code, step, this.#context);
      this.#cover(block, 0);
      if (does.kind === "call" && does.target === "local") this.#callFunction(at);
      goTo(next);
    }
  }

  /** Notes that a block was executed: 1 where its conditional jump was taken, otherwise 0. */
  #cover(block: Block, taken: 0 | 1): void {
    this.#code
      .i32(0)
      .i32(1)
      .access(W.i32Store8, this.#context.coverage + 2 * block.id + taken);
  }

  #callOut(at: number, slot: number): void {
    const code = this.#code;
    for (let register = 0; register < FRAME_POINTER; register++) this.#storeRegister(register);
    this.#callImport("call", [this.#context.calls.get(slot) ?? -1, at]);
    code.i32(0).access(W.i64Load, registerAt(0)).set(0);
    this.#reloadLeft();
    this.#poisonArguments();
  }

  #callFunction(at: number): void {
    const code = this.#code;
    this.#callImport("enter", [at]);
    for (let register = 0; register < FRAME_POINTER; register++) code.get(register);
    const called = this.#context.functions.get(this.#context.called.get(at) ?? -1);
    if (called === undefined) throw new Error(`instruction ${at} calls no function`);
    code.call(called).set(0).call(numberOf("leave"));
    this.#reloadLeft();
    this.#poisonArguments();
  }

  #refuse(at: number): void {
    this.#callImport("refuse", [at]);
    this.#code.op(W.unreachable);
  }

  #callImport(name: ImportName, constants: readonly number[]): void {
    const code = this.#code;
    code.i32(LEFT).get(LEFT_HERE).access(W.i32Store);
    for (const constant of constants) code.i32(constant);
    code.call(numberOf(name));
  }

  #reloadLeft(): void {
    this.#code.i32(0).access(W.i32Load, LEFT).set(LEFT_HERE);
  }

  #storeRegister(register: number): void {
    this.#code.i32(registerAt(register)).get(register).access(W.i64Store);
  }

  #poisonArguments(): void {
    for (let register = 1; register <= 5; register++) this.#code.i64(POISON_VALUE).set(register);
  }
}

/** Where the register file has a register. */
export function registerAt(register: number): number {
  return REGISTER_FILE + 8 * register;
}
