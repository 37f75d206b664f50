import type { LoadedProgram } from "#bpf-vm/program.ts";
import type { Bits, Truth } from "#prove/terms/term.ts";
import type { ObligationKind } from "./obligation.ts";
import type { PathState } from "./state.ts";
import type { Value } from "./value.ts";

/** What the meaning of an instruction needs beside the state. */
export interface ExecutionContext {
  readonly program: LoadedProgram;
  /** A name that nothing else has. */
  name(what: string): string;
  /** Notes what must hold here. */
  require(state: PathState, kind: ObligationKind, detail: string, claim: Truth): void;
  /** The same under the state's conditions, as simple as it gets. */
  bitsIn(state: PathState, bits: Bits): Bits;
  truthIn(state: PathState, truth: Truth): Truth;
  /** Notes how many bytes a record of a ring has, by the map's place. */
  noteRecord(ring: number, size: number): void;
  /** The states after a search through a table: what becomes of any number of turns. */
  loop(state: PathState, call: LoopCall): readonly PathState[];
}

export type LoopCall = {
  /** The call instruction. */
  readonly slot: number;
  /** Where the function that makes a turn begins. */
  readonly turn: number;
  /** Its second argument. */
  readonly context: Value;
  /** Turns at most, 64 bits wide. */
  readonly turns: Bits;
};
