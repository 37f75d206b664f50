import type { Execution, Outcome, Run } from "#bpf-vm/execution.ts";
import { FaultSignal } from "#bpf-vm/fault.ts";
import type { Memory } from "#bpf-vm/memory/memory.ts";
import type { RunObserver } from "#bpf-vm/observer.ts";
import { RunState } from "#bpf-vm/run-state.ts";
import { calculate } from "./arithmetic.ts";
import { applyUpdate } from "./atomics.ts";
import { holds, LAST_TEST } from "./conditions.ts";
import { type Coverage, Covered } from "./coverage.ts";
import * as int64 from "./int64.ts";
import * as Op from "./operation-codes.ts";

const NOTHING = new Uint8Array(0);
const JUMPED = Covered.RUN | Covered.TAKEN;
const STAYED = Covered.RUN | Covered.PASSED;

/** The end of a run that another executor began. */
export type Rest = {
  /** The slot to go on with; no function may end behind it. */
  readonly start: number;
  /** R0 to R10, in halves. */
  readonly registers: Int32Array;
  /** Instructions left of the budget. */
  readonly left: number;
};

/** Runs the last instructions of a budget, up to the fault that it ends with, or to an earlier one. */
export function interpretRest(execution: Execution, run: Run, rest: Rest): Outcome {
  return new Interpreter(execution).goOn(run, rest);
}

/** Runs one program, again and again. */
export class Interpreter {
  readonly #execution: Execution;
  readonly #memory: Memory;
  readonly #registers: Int32Array;
  readonly #state: RunState;
  /** The run's: a byte for each slot. */
  #covered: Coverage = NOTHING;
  #budget = 0;
  #left = 0;
  #observer: RunObserver | undefined;

  constructor(execution: Execution) {
    const { program, machine } = execution;
    this.#execution = execution;
    this.#memory = machine.memory;
    this.#registers = Int32Array.from(program.registers);
    this.#state = new RunState(execution, this.#registers, (start) => this.#run(start));
    for (const [i, { index }] of program.symbols.entries()) {
      const value = execution.symbols[i];
      this.#registers[index] = value?.low ?? 0;
      this.#registers[index + 1] = value?.high ?? 0;
    }
  }

  /** Runs the program from its first instruction to its exit, or to its first fault. The machine has begun the run. */
  start(run: Run): Outcome {
    this.#state.begin(run.argument);
    return this.#toTheEnd(run, run.budget, () => {
      this.#state.enter(0);
      this.#run(0);
    });
  }

  goOn(run: Run, { start, registers, left }: Rest): Outcome {
    this.#registers.set(registers);
    return this.#toTheEnd(run, left, () => this.#run(start));
  }

  #toTheEnd({ budget, coverage, observer }: Run, left: number, work: () => void): Outcome {
    this.#budget = budget;
    this.#left = left;
    this.#observer = observer;
    this.#covered = coverage;
    try {
      work();
    } catch (error) {
      if (!(error instanceof FaultSignal)) throw error;
      this.#state.locate(error, 0);
    }
    observer?.end(this.#registers);
    const { fault } = this.#state;
    return {
      result: fault === undefined ? int64.big(this.#registers, 0) : undefined,
      fault,
      executed: this.#budget - this.#left,
    };
  }

  /** Runs from one slot until the function that it belongs to exits. */
  #run(start: number): void {
    const { code } = this.#execution.program;
    const memory = this.#memory;
    const r = this.#registers;
    const covered = this.#covered;
    const state = this.#state;
    const observer = this.#observer;
    const floor = state.stack.depth;
    let left = this.#left;
    let pc = start;
    try {
      for (;;) {
        if (left <= 0) throw new FaultSignal({ reason: "budget", detail: `${this.#budget} instructions` });
        left -= 1;
        if (observer !== undefined) observer.step(pc, r, state.stack.depth);
        const at = pc << 2;
        const d = code[at + 1] ?? 0;
        const s = code[at + 2] ?? 0;
        const argument = code[at + 3] ?? 0;
        const operation = code[at] ?? 0;
        switch (operation) {
          case Op.nop:
            break;
          case Op.load1:
            this.#read(s, argument, 1);
            r[d] = memory.region.view.getUint8(memory.offset);
            r[d + 1] = 0;
            break;
          case Op.load2:
            this.#read(s, argument, 2);
            r[d] = memory.region.view.getUint16(memory.offset, true);
            r[d + 1] = 0;
            break;
          case Op.load4:
            this.#read(s, argument, 4);
            r[d] = memory.region.view.getInt32(memory.offset, true);
            r[d + 1] = 0;
            break;
          case Op.load8:
            this.#read(s, argument, 8);
            r[d] = memory.region.view.getInt32(memory.offset, true);
            r[d + 1] = memory.region.view.getInt32(memory.offset + 4, true);
            break;
          case Op.store1:
            this.#write(d, argument, 1, pc);
            memory.region.view.setUint8(memory.offset, r[s] ?? 0);
            break;
          case Op.store2:
            this.#write(d, argument, 2, pc);
            memory.region.view.setUint16(memory.offset, r[s] ?? 0, true);
            break;
          case Op.store4:
            this.#write(d, argument, 4, pc);
            memory.region.view.setInt32(memory.offset, r[s] ?? 0, true);
            break;
          case Op.store8:
            this.#write(d, argument, 8, pc);
            memory.region.view.setInt32(memory.offset, r[s] ?? 0, true);
            memory.region.view.setInt32(memory.offset + 4, r[s + 1] ?? 0, true);
            break;
          case Op.mov64:
            r[d] = r[s] ?? 0;
            r[d + 1] = r[s + 1] ?? 0;
            break;
          case Op.wide:
            r[d] = r[s] ?? 0;
            r[d + 1] = r[s + 1] ?? 0;
            covered[pc] = Covered.RUN;
            pc += 2;
            continue;
          case Op.mov32:
            r[d] = r[s] ?? 0;
            r[d + 1] = 0;
            break;
          case Op.add64:
            int64.add(r, d, s);
            break;
          case Op.add32:
            r[d] = (r[d] ?? 0) + (r[s] ?? 0);
            r[d + 1] = 0;
            break;
          case Op.sub64:
            int64.subtract(r, d, s);
            break;
          case Op.sub32:
            r[d] = (r[d] ?? 0) - (r[s] ?? 0);
            r[d + 1] = 0;
            break;
          case Op.and64:
            r[d] = (r[d] ?? 0) & (r[s] ?? 0);
            r[d + 1] = (r[d + 1] ?? 0) & (r[s + 1] ?? 0);
            break;
          case Op.and32:
            r[d] = (r[d] ?? 0) & (r[s] ?? 0);
            r[d + 1] = 0;
            break;
          case Op.or64:
            r[d] = (r[d] ?? 0) | (r[s] ?? 0);
            r[d + 1] = (r[d + 1] ?? 0) | (r[s + 1] ?? 0);
            break;
          case Op.or32:
            r[d] = (r[d] ?? 0) | (r[s] ?? 0);
            r[d + 1] = 0;
            break;
          case Op.xor64:
            r[d] = (r[d] ?? 0) ^ (r[s] ?? 0);
            r[d + 1] = (r[d + 1] ?? 0) ^ (r[s + 1] ?? 0);
            break;
          case Op.xor32:
            r[d] = (r[d] ?? 0) ^ (r[s] ?? 0);
            r[d + 1] = 0;
            break;
          case Op.lsh64:
            int64.shiftLeft(r, d, s);
            break;
          case Op.lsh32:
            r[d] = (r[d] ?? 0) << (r[s] ?? 0);
            r[d + 1] = 0;
            break;
          case Op.rsh64:
            int64.shiftRight(r, d, s);
            break;
          case Op.rsh32:
            r[d] = (r[d] ?? 0) >>> (r[s] ?? 0);
            r[d + 1] = 0;
            break;
          case Op.arsh64:
            int64.shiftRightSigned(r, d, s);
            break;
          case Op.arsh32:
            r[d] = (r[d] ?? 0) >> (r[s] ?? 0);
            r[d + 1] = 0;
            break;
          case Op.mul64:
            int64.multiply(r, d, s);
            break;
          case Op.mul32:
            r[d] = Math.imul(r[d] ?? 0, r[s] ?? 0);
            r[d + 1] = 0;
            break;
          case Op.neg64:
            int64.negate(r, d);
            break;
          case Op.neg32:
            r[d] = -(r[d] ?? 0);
            r[d + 1] = 0;
            break;
          case Op.jump:
            covered[pc] = Covered.RUN;
            pc = argument;
            continue;
          case Op.call:
            this.#left = left;
            state.call(argument);
            left = this.#left;
            break;
          case Op.callLocal:
            covered[pc] = Covered.RUN;
            state.enter(pc + 1);
            pc = argument;
            continue;
          case Op.exit:
            covered[pc] = Covered.RUN;
            pc = state.leave();
            if (state.stack.depth < floor) {
              this.#left = left;
              return;
            }
            continue;
          case Op.update:
            this.#update(d, s, argument, pc);
            break;
          case Op.loadSigned1:
            this.#read(s, argument, 1);
            int64.set(r, d, memory.region.view.getInt8(memory.offset));
            break;
          case Op.loadSigned2:
            this.#read(s, argument, 2);
            int64.set(r, d, memory.region.view.getInt16(memory.offset, true));
            break;
          case Op.loadSigned4:
            this.#read(s, argument, 4);
            int64.set(r, d, memory.region.view.getInt32(memory.offset, true));
            break;
          case Op.refuse:
            throw new FaultSignal({
              reason: "unsupported",
              detail: this.#execution.program.refusals[argument] ?? "",
            });
          default:
            if (operation > LAST_TEST) {
              calculate(operation, r, d, s);
              break;
            }
            if (holds(operation, r, d, s)) {
              covered[pc] = (covered[pc] ?? 0) | JUMPED;
              pc = argument;
            } else {
              covered[pc] = (covered[pc] ?? 0) | STAYED;
              pc += 1;
            }
            continue;
        }
        covered[pc] = Covered.RUN;
        pc += 1;
      }
    } catch (error) {
      // A callback that faulted has counted on.
      this.#left = Math.min(this.#left, left);
      if (error instanceof FaultSignal && state.locate(error, pc)) {
        covered[pc] = (covered[pc] ?? 0) | Covered.RUN;
      }
      throw error;
    }
  }

  /** Finds what a load reads, at an offset from the source register. */
  #read(source: number, offset: number, size: number): void {
    const r = this.#registers;
    const before = r[source] ?? 0;
    const low = (before + offset) | 0;
    const carry = (offset >> 31) + (low >>> 0 < before >>> 0 ? 1 : 0);
    this.#memory.toRead(((r[source + 1] ?? 0) + carry) | 0, low, size);
  }

  /** Finds what a store writes, at an offset from the destination register. */
  #write(destination: number, offset: number, size: number, pc: number): void {
    this.#watched(pc);
    const r = this.#registers;
    const before = r[destination] ?? 0;
    const low = (before + offset) | 0;
    const carry = (offset >> 31) + (low >>> 0 < before >>> 0 ? 1 : 0);
    this.#memory.toWrite(((r[destination + 1] ?? 0) + carry) | 0, low, size);
  }

  #update(destination: number, source: number, argument: number, pc: number): void {
    this.#watched(pc);
    const does = this.#execution.program.updates[argument >> 16];
    if (does === undefined) throw new Error("an atomic operation that lowering did not note");
    const r = this.#registers;
    const offset = (argument << 16) >> 16;
    const before = r[destination] ?? 0;
    const low = (before + offset) | 0;
    const carry = (offset >> 31) + (low >>> 0 < before >>> 0 ? 1 : 0);
    this.#memory.toUpdate(((r[destination + 1] ?? 0) + carry) | 0, low, does.bytes);
    applyUpdate(does, this.#memory, r, source);
  }

  #watched(pc: number): void {
    const { watch } = this.#memory;
    if (watch !== undefined) watch.slot = pc;
  }
}
