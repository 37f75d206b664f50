import { FaultSignal } from "./fault.ts";
import type { Memory } from "./memory/memory.ts";
import type { Region } from "./memory/region.ts";

/** Bytes of one function's stack (MAX_BPF_STACK). */
export const STACK_SIZE = 512;
/** Functions inside each other, the program itself included (MAX_CALL_FRAMES). */
const MAX_FRAMES = 8;
/** R6 to R10 and the place to return to, in 32-bit words. */
const SAVED = 11;
const FIRST_SAVED = 12;

/** The frames of a run: each function's stack, and what its callee must give back. */
export class CallStack {
  depth = 0;
  readonly #memory: Memory;
  readonly #frames: Region[] = [];
  readonly #saved = new Int32Array(MAX_FRAMES * SAVED);

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** Forgets all frames: the memory has been reset. */
  reset(): void {
    this.depth = 0;
    this.#frames.length = 0;
  }

  /** Saves what the caller keeps and gives the callee's stack, with nothing written to it. */
  enter(registers: Int32Array, returnTo: number): Region {
    if (this.depth >= MAX_FRAMES) {
      throw new FaultSignal({ reason: "call-depth", detail: `more than ${MAX_FRAMES} functions deep` });
    }
    const at = this.depth * SAVED;
    for (let i = 0; i < SAVED - 1; i++) this.#saved[at + i] = registers[FIRST_SAVED + i] ?? 0;
    this.#saved[at + SAVED - 1] = returnTo;
    const frame = this.#frame(this.depth);
    this.depth += 1;
    return frame;
  }

  /** Ends the callee's stack, gives the caller its registers, and says where to go on. */
  leave(registers: Int32Array): number {
    this.depth -= 1;
    this.#frames[this.depth]?.release();
    const at = this.depth * SAVED;
    for (let i = 0; i < SAVED - 1; i++) registers[FIRST_SAVED + i] = this.#saved[at + i] ?? 0;
    return this.#saved[at + SAVED - 1] ?? 0;
  }

  /** The stack of the function at work. */
  get frame(): Region {
    const region = this.#frames[this.depth - 1];
    if (region === undefined) throw new Error("no function is at work");
    return region;
  }

  #frame(depth: number): Region {
    const known = this.#frames[depth];
    if (known !== undefined) {
      known.revive();
      return known;
    }
    const region = this.#memory.add({
      kind: "stack",
      name: `stack frame ${depth}`,
      size: STACK_SIZE,
      access: "read-write",
      unwritten: "load",
    });
    region.reach(STACK_SIZE);
    this.#frames.push(region);
    return region;
  }
}
