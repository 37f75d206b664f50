import type { Execution, Outcome, Run } from "#bpf-vm/execution.ts";
import { FaultSignal } from "#bpf-vm/fault.ts";
import { Covered } from "#bpf-vm/interpreter/coverage.ts";
import { big } from "#bpf-vm/interpreter/int64.ts";
import { Interpreter, interpretRest } from "#bpf-vm/interpreter/interpreter.ts";
import type { Memory } from "#bpf-vm/memory/memory.ts";
import type { LoadedProgram } from "#bpf-vm/program.ts";
import { RunState } from "#bpf-vm/run-state.ts";
import { Arena } from "./arena.ts";
import type { ProgramBlocks } from "./blocks.ts";
import { compile } from "./compile.ts";
import { Instance, instanceOf, type Services } from "./instance.ts";
import { FRAME, LEFT } from "./layout.ts";

/** Longer programs are interpreted: V8 takes functions of 7.6 MB, and a load may come to 100 bytes. */
export const MOST_INSTRUCTIONS = 50_000;

const idle: Arena[] = [];

/**
 * Runs a program with the same outcome as `interpret`, compiled to WebAssembly. What its regions hold can be
 * read until the next run.
 */
export function executeCompiled(execution: Execution, run: Run, program: LoadedProgram): Outcome {
  if (program.instructions.length > MOST_INSTRUCTIONS) return new Interpreter(execution).start(run);
  // A run within a run, which a helper may start, needs an arena of its own.
  const arena = idle.pop() ?? new Arena();
  try {
    return new WasmRun(execution, run, program, arena).start();
  } finally {
    arena.moved = () => undefined;
    idle.push(arena);
  }
}

class WasmRun implements Services {
  readonly #execution: Execution;
  readonly #run: Run;
  readonly #program: LoadedProgram;
  readonly #memory: Memory;
  readonly #arena: Arena;
  readonly #state: RunState;
  readonly #instance: Instance;
  /** Instances for functions that nothing in the program names, by their first instruction. */
  readonly #unnamed = new Map<number, Instance>();
  #executed: number | undefined;

  constructor(execution: Execution, run: Run, program: LoadedProgram, arena: Arena) {
    this.#execution = execution;
    this.#run = run;
    this.#program = program;
    this.#memory = execution.machine.memory;
    this.#arena = arena;
    this.#instance = instanceOf(program, arena);
    arena.begin(this.#instance.compiled.layout.end);
    this.#state = new RunState(execution, arena.registers, (slot) => this.#runFrom(slot));
    arena.moved = () => {
      this.#state.registers = arena.registers;
    };
    this.#prepare(this.#instance);
    this.#state.begin(run.argument);
    arena.view.setInt32(LEFT, run.budget, true);
  }

  start(): Outcome {
    const state = this.#state;
    try {
      state.enter(0);
      this.#runFrom(0);
    } catch (error) {
      if (!(error instanceof FaultSignal)) throw error;
      state.locate(error, 0);
    } finally {
      for (const instance of this.#instances()) instance.services = undefined;
    }
    for (const { compiled } of this.#instances())
      this.#reportCoverage(compiled.layout.coverage, compiled.blocks);
    return {
      result: state.fault === undefined ? big(state.registers, 0) : undefined,
      fault: state.fault,
      executed: this.#executed ?? this.#run.budget - this.#left(),
    };
  }

  read(high: number, low: number, size: number, at: number, blocks: ProgramBlocks): number {
    try {
      this.#memory.toRead(high, low, size);
    } catch (error) {
      throw this.#located(error, at, blocks);
    }
    return this.#place();
  }

  write(high: number, low: number, size: number, at: number, blocks: ProgramBlocks): number {
    try {
      this.#memory.toWrite(high, low, size);
    } catch (error) {
      throw this.#located(error, at, blocks);
    }
    return this.#place();
  }

  update(high: number, low: number, size: number, at: number, blocks: ProgramBlocks): number {
    try {
      this.#memory.toUpdate(high, low, size);
    } catch (error) {
      throw this.#located(error, at, blocks);
    }
    return this.#place();
  }

  call(index: number, at: number, blocks: ProgramBlocks): void {
    try {
      this.#state.call(index);
    } catch (error) {
      throw this.#located(error, at, blocks);
    }
  }

  enter(at: number, blocks: ProgramBlocks): void {
    try {
      this.#state.enter(0);
    } catch (error) {
      throw this.#located(error, at, blocks);
    }
    this.#announceFrame();
  }

  leave(): void {
    this.#state.leave();
  }

  refuse(at: number, blocks: ProgramBlocks): never {
    const { code, refusals } = this.#execution.program;
    const detail = refusals[code[4 * this.#slotOf(at) + 3] ?? 0] ?? "";
    throw this.#located(new FaultSignal({ reason: "unsupported", detail }), at, blocks);
  }

  /** The interpreter runs what the budget still allows of the block. */
  exhausted(block: number, { blocks }: ProgramBlocks): never {
    const steps = blocks[block]?.steps ?? [];
    const { fault, executed } = interpretRest(this.#execution, this.#run, {
      start: this.#slotOf(steps[0]?.at ?? 0),
      registers: this.#state.registers,
      left: this.#left() + steps.length,
    });
    if (fault === undefined) throw new Error("a budget that ended without a fault");
    this.#state.fault = fault;
    this.#executed = executed;
    throw new FaultSignal(fault);
  }

  /** Where the bytes are that the memory has just found. */
  #place(): number {
    const { region, offset } = this.#memory;
    if (region.base === 0) region.settle(this.#arena);
    return region.base + offset;
  }

  #left(): number {
    return this.#arena.view.getInt32(LEFT, true);
  }

  /** Runs a function that has been entered, to its exit. */
  #runFrom(slot: number): void {
    const entry = this.#execution.program.bySlot[slot] ?? 0;
    this.#announceFrame();
    const named = this.#instance.compiled.blocks.entries.includes(entry);
    (named ? this.#instance : this.#instanceFor(entry)).run(entry);
    this.#state.leave();
  }

  #announceFrame(): void {
    const { frame } = this.#state.stack;
    if (frame.base === 0) frame.settle(this.#arena);
    this.#arena.view.setUint32(FRAME, frame.base, true);
  }

  #instanceFor(entry: number): Instance {
    const found = this.#unnamed.get(entry);
    if (found !== undefined) return found;
    const compiled = compile(this.#program, [entry], (size) => this.#arena.take(size));
    const instance = new Instance(compiled, this.#arena);
    this.#unnamed.set(entry, instance);
    this.#prepare(instance);
    return instance;
  }

  #instances(): Instance[] {
    return [this.#instance, ...this.#unnamed.values()];
  }

  #prepare(instance: Instance): void {
    instance.services = this;
    const { symbols } = instance.compiled.layout;
    for (const [i, { high, low }] of this.#execution.symbols.entries()) {
      this.#arena.view.setInt32(symbols + 8 * i, low, true);
      this.#arena.view.setInt32(symbols + 8 * i + 4, high, true);
    }
  }

  /**
   * Notes where a fault happened. Its block has been counted whole, and is noted as executed only at its
   * end: both are put right here.
   */
  #located(error: unknown, at: number, { blocks, blockOf }: ProgramBlocks): unknown {
    if (error instanceof FaultSignal && this.#state.locate(error, this.#slotOf(at))) {
      const steps = blocks[blockOf[at] ?? -1]?.steps ?? [];
      const first = steps[0]?.at ?? at;
      this.#executed = this.#run.budget - this.#left() - (first + steps.length - 1 - at);
      for (let i = first; i <= at; i++) this.#cover(i, Covered.RUN);
    }
    return error;
  }

  #reportCoverage(start: number, { blocks }: ProgramBlocks): void {
    const { bytes } = this.#arena;
    for (const { id, steps } of blocks) {
      const passed = bytes[start + 2 * id] === 1;
      const taken = bytes[start + 2 * id + 1] === 1;
      if (!passed && !taken) continue;
      for (const { at } of steps) this.#cover(at, Covered.RUN);
      const last = steps.at(-1);
      if (last?.does.kind !== "jump-if") continue;
      this.#cover(last.at, (passed ? Covered.PASSED : 0) | (taken ? Covered.TAKEN : 0));
    }
  }

  #cover(at: number, bits: number): void {
    const { coverage } = this.#run;
    const slot = this.#slotOf(at);
    coverage[slot] = (coverage[slot] ?? 0) | bits;
  }

  #slotOf(at: number): number {
    return this.#execution.program.slots[at] ?? 0;
  }
}
