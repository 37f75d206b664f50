import type { Fault } from "./fault.ts";
import type { Callee } from "./helpers/signature.ts";
import type { Coverage } from "./interpreter/coverage.ts";
import type { Lowered } from "./interpreter/lower.ts";
import type { Machine } from "./machine.ts";
import type { RunObserver } from "./observer.ts";

/** Instructions after which a program is taken for endless, where the caller says nothing. */
export const DEFAULT_BUDGET = 50_000_000;

/** An address in the halves that executors compute with, both signed 32 bits. */
export type Halves = { readonly high: number; readonly low: number };

/**
 * What registers hold that the program may not read: all but R1 and R10 at the start, R1 to R5 after a
 * call. An address in no region, so that its use does not go unseen.
 */
export const UNREADABLE: Halves = { high: 0x0badc0de, low: 0x5ca1ab1e };

/** A program on its machine, as every executor takes it. */
export type Execution = {
  readonly program: Lowered;
  /** For each of the program's calls, what it calls; undefined where there is no such thing. */
  readonly callees: readonly (Callee | undefined)[];
  /** By the slot of the call, the kfunc's name. */
  readonly kfuncs: ReadonlyMap<number, string>;
  /** Values of the program's symbols, in their order. */
  readonly symbols: readonly Halves[];
  readonly machine: Machine;
};

/** One run of it. */
export type Run = {
  /** R1 at the start. */
  readonly argument: Halves;
  /** Instructions, at most 2^31 - 1. */
  readonly budget: number;
  /** A byte for each slot, to be added to. */
  readonly coverage: Coverage;
  /** Told of each instruction; by the interpreter alone. */
  readonly observer?: RunObserver | undefined;
};

export type Outcome = {
  /** R0 at the program's exit, unsigned; undefined where a fault ended it. */
  readonly result: bigint | undefined;
  readonly fault: Fault | undefined;
  /** Instructions executed, those of callbacks and the faulting one included. */
  readonly executed: number;
};
