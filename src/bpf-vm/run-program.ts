import type { EmittedBuffer } from "./emitted-buffer.ts";
import { DEFAULT_BUDGET, type Execution, type Halves, type Outcome, type Run } from "./execution.ts";
import type { Fault } from "./fault.ts";
import { TRACING_HELPERS } from "./helpers/registry.ts";
import type { Callee } from "./helpers/signature.ts";
import type { Injection } from "./injection.ts";
import type { Coverage } from "./interpreter/coverage.ts";
import { Interpreter } from "./interpreter/interpreter.ts";
import { PARSER_KFUNCS } from "./kfuncs/parser.ts";
import { type HeldReference, Machine, type StrayRead } from "./machine.ts";
import { WriteWatch } from "./memory/write-watch.ts";
import type { RunObserver } from "./observer.ts";
import type { LoadedProgram } from "./program.ts";
import { lastPrintk, layOutSymbols, type Symbols } from "./symbols.ts";
import { executeCompiled } from "./wasm/execute.ts";

/** What the program may call. */
export type Callables = {
  /** By their number. */
  readonly helpers: ReadonlyMap<number, Callee>;
  /** By their name. */
  readonly kfuncs: ReadonlyMap<string, Callee>;
};

export const TRACING_CALLABLES: Callables = { helpers: TRACING_HELPERS, kfuncs: PARSER_KFUNCS };

export type RunOptions = {
  readonly injection?: Injection;
  /** Instructions; see `DEFAULT_BUDGET`. */
  readonly budget?: number;
  /** A byte for each slot of the program, to be added to. Default: a new one. */
  readonly coverage?: Coverage;
  /** The id that `bpf_get_parser_context` knows, and the program's second argument. Default 1. */
  readonly parserId?: number;
  /** Whether buffers say who stored their bytes. Default false: it takes time. */
  readonly watchWrites?: boolean;
  /**
   * What runs the program: the interpreter, or the same program compiled to WebAssembly, which takes longer to begin
   * and then is faster. Outcomes are the same. Default: `interpreter`.
   */
  readonly executor?: Executor;
  /** Told of each instruction before it is carried out. Then it is the interpreter that runs the program. */
  readonly observer?: RunObserver;
};

export type Executor = "interpreter" | "wasm";

export type RunOutcome = {
  /** R0 at the exit, unsigned; undefined after a fault. */
  readonly result: bigint | undefined;
  readonly fault: Fault | undefined;
  /** What the program still held at its end; after a fault this says little. */
  readonly leaks: readonly HeldReference[];
  /** What it handed to the kernel, refused buffers included, in order. */
  readonly buffers: readonly EmittedBuffer[];
  /** A line a printk. */
  readonly trace: readonly string[];
  /** The slot where the last one was said: why a parser takes no image. */
  readonly lastPrintk: number | undefined;
  readonly strayReads: readonly StrayRead[];
  /** Instructions executed. */
  readonly executed: number;
  readonly coverage: Coverage;
  /** The ring of each reserve that was asked for, in order: its place among the program's maps. */
  readonly rings: readonly number[];
  /** How often reserves, probe reads and buffers were asked for: what `Injection` can count up to. */
  readonly calls: { readonly reserves: number; readonly probes: number; readonly buffers: number };
};

/**
 * Runs a program once. `prepare` puts what its argument needs into the memory and
 * gives R1; the program's arguments are the caller's business, for they depend on what it is attached to.
 *
 * The machine is one of an earlier run where there is one, and nothing of that run is left in it. What its regions hold can be
 * read until the program's next run.
 */
export function runProgram(
  program: LoadedProgram,
  callables: Callables,
  options: RunOptions,
  prepare: (machine: Machine) => Halves,
): RunOutcome {
  // An observer may look at the machine for as long as it likes.
  if (options.observer !== undefined) return new PreparedProgram(program, callables).run(options, prepare);
  const known = idle.get(program) ?? [];
  idle.set(program, known);
  const last = known.pop();
  // A run within a run, which a helper may start, needs a machine of its own.
  const prepared = last?.callables === callables ? last : new PreparedProgram(program, callables);
  const outcome = prepared.run(options, prepare);
  known.push(prepared);
  return outcome;
}

/** Programs on their machines, between two runs. */
const idle = new WeakMap<LoadedProgram, PreparedProgram[]>();

/** A program with its machine, laid out once and reset for each run. */
class PreparedProgram {
  readonly callables: Callables;
  readonly #program: LoadedProgram;
  readonly #machine: Machine;
  readonly #symbols: Symbols;
  readonly #execution: Execution;
  #interpreter: Interpreter | undefined;

  constructor(program: LoadedProgram, callables: Callables) {
    const { lowered, kfuncs } = program;
    const machine = new Machine(program.maps);
    this.callables = callables;
    this.#program = program;
    this.#machine = machine;
    this.#symbols = layOutSymbols(program, machine);
    const callees = lowered.calls.map(({ target, id, instruction }) =>
      target === "helper" ? callables.helpers.get(id) : callables.kfuncs.get(kfuncs.get(instruction) ?? ""),
    );
    this.#execution = { program: lowered, callees, kfuncs, symbols: this.#symbols.addresses, machine };
  }

  run(options: RunOptions, prepare: (machine: Machine) => Halves): RunOutcome {
    const { injection, parserId, budget = DEFAULT_BUDGET, observer, watchWrites } = options;
    const machine = this.#machine;
    const { lowered } = this.#program;
    const watch = observer?.stores ?? (watchWrites ? new WriteWatch() : undefined);
    machine.begin({ injection, parserId, watch });
    for (const map of this.#symbols.values) map.element(0);
    const coverage = options.coverage ?? machine.zeroed(lowered.bySlot.length);
    const run: Run = { argument: prepare(machine), budget, coverage, observer };
    observer?.begin(machine);
    // Who stored what is only noted by the interpreter, and it alone has an observer.
    const compiled = options.executor === "wasm" && watch === undefined;
    const { result, fault, executed } = compiled
      ? executeCompiled(this.#execution, run, this.#program)
      : this.#interpret(run);
    return {
      result,
      fault,
      executed,
      leaks: [...machine.references.values()],
      buffers: machine.buffers,
      trace: machine.trace,
      lastPrintk: lastPrintk(machine, lowered, this.#symbols.addresses, coverage),
      strayReads: machine.strayReads,
      coverage,
      rings: machine.rings.map((map) => machine.maps.indexOf(map)),
      calls: machine.injector.counts,
    };
  }

  #interpret(run: Run): Outcome {
    this.#interpreter ??= new Interpreter(this.#execution);
    return this.#interpreter.start(run);
  }
}
