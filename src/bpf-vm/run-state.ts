import { helperName } from "#isa/helpers.ts";
import { CallStack, STACK_SIZE } from "./call-stack.ts";
import { type Execution, type Halves, UNREADABLE } from "./execution.ts";
import { type Fault, FaultSignal } from "./fault.ts";
import { CallFrame } from "./helpers/call-frame.ts";
import type { CallTarget } from "./interpreter/lower.ts";
import { REGION_LOW } from "./memory/memory.ts";

/**
 * What executors have in common: calls and their stack, the registers that calls go through, and the
 * fault that ends the run. The registers are pairs of signed 32-bit halves, R0's first.
 */
export class RunState {
  registers: Int32Array;
  readonly stack: CallStack;
  fault: Fault | undefined;
  readonly #execution: Execution;
  readonly #calls: CallFrame;

  /** @param runFrom runs a function of the program, by its first slot, until it exits */
  constructor(execution: Execution, registers: Int32Array, runFrom: (slot: number) => void) {
    this.#execution = execution;
    this.registers = registers;
    this.stack = new CallStack(execution.machine.memory);
    this.#calls = new CallFrame(
      execution.machine,
      () => this.registers,
      (slot, prepare) => this.#callback(slot, prepare, runFrom),
    );
  }

  /** Begins a run: the machine has been reset, and nothing is left of the registers. */
  begin({ low, high }: Halves): void {
    this.fault = undefined;
    this.stack.reset();
    this.#calls.reset();
    for (let register = 0; register < 10; register++) this.#poison(register);
    this.registers[2] = low;
    this.registers[3] = high;
    this.registers[20] = 0;
    this.registers[21] = 0;
  }

  /** Begins a function: its stack, and R10. */
  enter(returnTo: number): void {
    const frame = this.stack.enter(this.registers, returnTo);
    this.registers[20] = REGION_LOW + STACK_SIZE;
    this.registers[21] = frame.high;
  }

  /** Ends a function, and says where to go on. */
  leave(): number {
    const returnTo = this.stack.leave(this.registers);
    this.#poisonArguments();
    return returnTo;
  }

  /** Carries out one of the program's calls of helpers and kfuncs. @throws FaultSignal */
  call(index: number): void {
    const target = this.#execution.program.calls[index];
    const callee = this.#execution.callees[index];
    if (target === undefined || callee === undefined) {
      throw new FaultSignal(unknownCall(target, this.#execution.kfuncs));
    }
    try {
      this.#calls.run(callee, target.instruction);
    } catch (error) {
      if (!(error instanceof FaultSignal)) throw error;
      throw new FaultSignal({ callee: callee.name, ...error.fault });
    }
    this.#poisonArguments();
  }

  /** Notes the slot where a fault happened; false for one that came out of a callback and has its place already. */
  locate(error: FaultSignal, slot: number): boolean {
    if (this.fault !== undefined) return false;
    this.fault = { ...error.fault, instruction: slot };
    return true;
  }

  #callback(slot: number, prepare: () => void, runFrom: (slot: number) => void): void {
    if ((this.#execution.program.bySlot[slot] ?? -1) < 0) {
      throw new FaultSignal({ reason: "bad-argument", detail: `no function begins in slot ${slot}` });
    }
    this.enter(0);
    // To the verifier, a callback has its arguments and its stack, and nothing of the caller's.
    for (let register = 0; register < 10; register++) this.#poison(register);
    prepare();
    runFrom(slot);
  }

  #poisonArguments(): void {
    for (let register = 1; register <= 5; register++) this.#poison(register);
  }

  #poison(register: number): void {
    this.registers[2 * register] = UNREADABLE.low;
    this.registers[2 * register + 1] = UNREADABLE.high;
  }
}

/** A helper that kernels have is missing here only; of kfuncs, those that the kernel's BTF names. */
function unknownCall(target: CallTarget | undefined, kfuncs: ReadonlyMap<number, string>) {
  const name = target?.target === "helper" ? helperName(target.id) : kfuncs.get(target?.instruction ?? -1);
  if (name !== undefined) return { reason: "not-modelled", detail: `${name} is not modelled here` } as const;
  const detail = `${target?.target} ${target?.id} is none that kernels have`;
  return { reason: "unknown-call", detail } as const;
}
