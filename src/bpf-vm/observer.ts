import type { Machine } from "./machine.ts";
import type { WriteWatch } from "./memory/write-watch.ts";

/** Watches a run while it goes on: what the page's record of a run is made of. */
export interface RunObserver {
  /** Is told of every store, before it is carried out. */
  readonly stores: WriteWatch;
  /** The memory is laid out, and no instruction has been carried out yet. */
  begin(machine: Machine): void;
  /**
   * An instruction is about to be carried out.
   *
   * @param slot its place in the program
   * @param registers pairs of signed 32-bit halves, R0's first; what is after R10's is the executor's own
   * @param depth how many functions are inside each other, the program itself included
   */
  step(slot: number, registers: Int32Array, depth: number): void;
  /** The run is over, by an exit or a fault. */
  end(registers: Int32Array): void;
}
