import type { Bits, Truth } from "#prove/terms/term.ts";
import type { SymbolicMemory } from "./memory.ts";
import { UNREADABLE_VALUE, type Value } from "./value.ts";

/** What a program was given and has to give back. */
export type Held = { readonly kind: "record" | "parser-context"; readonly slot: number };

/** What helpers and kfuncs denied on a path, in the words of the VM's injections. */
export type Denials = {
  readonly noImage: boolean;
  readonly noContext: boolean;
  /** Which reserves, counted from 1. */
  readonly reserves: readonly number[];
  /** The calls of probe_read, by their slots. */
  readonly probeSites: readonly number[];
  /** The command that was refused, counted from 1. */
  readonly buffer: number | undefined;
};

export const NOTHING_DENIED: Denials = {
  noImage: false,
  noContext: false,
  reserves: [],
  probeSites: [],
  buffer: undefined,
};

/** Whether nothing was denied but, at most, a command, after which a parser sends no more. */
export function isUndisturbed({ noImage, noContext, reserves, probeSites }: Denials): boolean {
  return !noImage && !noContext && reserves.length === 0 && probeSites.length === 0;
}

/** A buffer handed to the kernel. */
export type Sent = {
  readonly slot: number;
  /** As the memory was then. */
  readonly memory: SymbolicMemory;
  readonly at: Bits;
  /** Bytes, 64 bits wide. */
  readonly size: Bits;
  readonly accepted: boolean;
};

/** The way a path went, the last instruction first. */
export type Trail =
  | {
      readonly slot: number;
      /** Of a jump that goes two ways. */
      readonly taken: boolean | undefined;
      readonly length: number;
      readonly before: Trail;
    }
  | undefined;

export function extended(trail: Trail, slot: number, taken?: boolean): Trail {
  return { slot, taken, length: (trail?.length ?? 0) + 1, before: trail };
}

export type Frame = { readonly returnTo: number; readonly kept: readonly Value[] };

/** How a search through a table, named by `loop`, ended on a path. */
export type LoopEnd =
  /** As the specification's search ends. */
  | { readonly kind: "as-specified"; readonly loop: string }
  /** Something was denied in the turn of this number. */
  | {
      readonly kind: "denied";
      readonly loop: string;
      /** The call of bpf_loop. */
      readonly slot: number;
      readonly trail: Trail;
      readonly denials: Denials;
    }
  /** Somehow. */
  | { readonly kind: "anyhow"; readonly loop: string };

/** A loop of jumps in which a path is, and which was cut at its head. */
export type OpenLoop = {
  readonly loop: string;
  /** Its first instruction. */
  readonly head: number;
  /** The calls in which it was come to. */
  readonly frames: readonly Frame[];
};

export type PathState = {
  readonly slot: number;
  /** R0 to R10. */
  readonly registers: readonly Value[];
  /** The callers' frames, the innermost last. */
  readonly frames: readonly Frame[];
  readonly memories: ReadonlyMap<string, SymbolicMemory>;
  readonly held: ReadonlyMap<string, Held>;
  /** What makes a run take this path: all of these. */
  readonly conditions: readonly Truth[];
  readonly sent: readonly Sent[];
  readonly denials: Denials;
  readonly reserves: number;
  /** Bytes taken of each ring, by the map's place. */
  readonly rings: ReadonlyMap<number, number>;
  readonly loops: readonly LoopEnd[];
  readonly openLoops: readonly OpenLoop[];
  /** The loop of whose turns this is one. */
  readonly turnOf: string | undefined;
  readonly trail: Trail;
};

export function withRegister(state: PathState, register: number, value: Value): PathState {
  const registers = [...state.registers];
  registers[register] = value;
  return { ...state, registers };
}

export function withMemory(state: PathState, memory: SymbolicMemory): PathState {
  return { ...state, memories: new Map(state.memories).set(memory.name, memory) };
}

export function withCondition(state: PathState, condition: Truth): PathState {
  if (state.conditions.includes(condition)) return state;
  return { ...state, conditions: [...state.conditions, condition] };
}

export function register(state: PathState, index: number): Value {
  return state.registers[index] ?? UNREADABLE_VALUE;
}
