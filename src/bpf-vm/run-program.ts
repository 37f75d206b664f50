import type { Execution } from "./execution.ts";
import type { Fault } from "./fault.ts";
import { TRACING_HELPERS } from "./helpers/registry.ts";
import type { Callee } from "./helpers/signature.ts";
import type { Injection } from "./injection.ts";
import type { Coverage } from "./interpreter/coverage.ts";
import { interpret } from "./interpreter/interpreter.ts";
import { PARSER_KFUNCS } from "./kfuncs/parser.ts";
import { type EmittedBuffer, type HeldReference, Machine, type StrayRead } from "./machine.ts";
import { REGION_LOW } from "./memory/memory.ts";
import type { RunObserver } from "./observer.ts";
import type { ImmediateTarget, LoadedProgram } from "./program.ts";
import { executeCompiled } from "./wasm/execute.ts";

/** How far addresses of a kernel's variable, whose size is not known, are taken to name it, in bytes. */
const UNMODELLED_SIZE = 1 << 28;

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
 * Runs a program once, on memory of its own. `prepare` puts what its argument needs into the memory and
 * gives R1; the program's arguments are the caller's business, for they depend on what it is attached to.
 */
export function runProgram(
  program: LoadedProgram,
  callables: Callables,
  options: RunOptions,
  prepare: (machine: Machine) => { readonly high: number; readonly low: number },
): RunOutcome {
  const { lowered, kfuncs } = program;
  const machine = new Machine({
    maps: program.maps,
    ...(options.injection && { injection: options.injection }),
    ...(options.parserId !== undefined && { parserId: options.parserId }),
    ...(options.watchWrites && { watchWrites: true }),
    ...(options.observer && { watch: options.observer.stores }),
  });
  const slots = lowered.bySlot.length;
  const coverage = options.coverage ?? new Uint8Array(slots);
  const code = machine.memory.add({ kind: "code", name: "the program", size: 8 * slots, access: "none" });
  const symbols = lowered.symbols.map(({ instruction }) =>
    addressOf(machine, program.immediates.get(instruction.index), code.high),
  );
  const callees = lowered.calls.map(({ target, id, instruction }) =>
    target === "helper" ? callables.helpers.get(id) : callables.kfuncs.get(kfuncs.get(instruction) ?? ""),
  );
  const execution: Execution = {
    program: lowered,
    callees,
    kfuncs,
    symbols,
    machine,
    argument: prepare(machine),
    coverage,
    ...(options.budget !== undefined && { budget: options.budget }),
    ...(options.observer && { observer: options.observer }),
  };
  options.observer?.begin(machine);
  // Who stored what is only noted by the interpreter, and it alone has an observer.
  const compiled = options.executor === "wasm" && !options.watchWrites && options.observer === undefined;
  const outcome = compiled ? executeCompiled(execution, program) : interpret(execution);
  return {
    ...outcome,
    leaks: [...machine.references.values()],
    buffers: machine.buffers,
    trace: machine.trace,
    lastPrintk: lastPrintk(machine, lowered, symbols, coverage),
    strayReads: machine.strayReads,
    coverage,
    rings: machine.rings.map((map) => machine.maps.indexOf(map)),
    calls: machine.injector.counts,
  };
}

/**
 * Where the last printk was said. Compilers make one call of many, so it is the instruction that took the
 * format's address, where there is one.
 */
function lastPrintk(
  { lastPrintk }: Machine,
  { symbols }: LoadedProgram["lowered"],
  addresses: readonly { readonly high: number; readonly low: number }[],
  coverage: Coverage,
): number | undefined {
  if (lastPrintk === undefined) return undefined;
  const { high, low, instruction } = lastPrintk;
  const taker = symbols.find((symbol, i) => {
    const address = addresses[i];
    return address?.high === high && address.low === low && coverage[symbol.instruction.index] !== 0;
  });
  return taker?.instruction.index ?? instruction;
}

function addressOf(
  machine: Machine,
  target: ImmediateTarget | undefined,
  code: number,
): { readonly high: number; readonly low: number } {
  if (target === undefined) return { high: 0, low: 0 };
  if (target.kind === "address") {
    return {
      high: Number(BigInt.asIntN(32, target.value >> 32n)),
      low: Number(BigInt.asIntN(32, target.value)),
    };
  }
  if (target.kind === "unmodelled") {
    const { high } = machine.memory.add({
      kind: "unmodelled",
      name: target.name,
      size: UNMODELLED_SIZE,
      access: "none",
    });
    return { high, low: REGION_LOW };
  }
  if (target.kind === "function") return { high: code, low: REGION_LOW + 8 * target.slot };
  const map = machine.maps[target.map];
  const region = target.kind === "map" ? map?.object : map?.element(0);
  if (region === undefined) throw new Error(`a program that names map ${target.map}, which it has not`);
  return { high: region.high, low: REGION_LOW + (target.kind === "map" ? 0 : target.offset) };
}
