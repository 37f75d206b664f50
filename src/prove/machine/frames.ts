import { bits64 } from "#prove/terms/bits.ts";
import { FALSE } from "#prove/terms/term.ts";
import type { ExecutionContext } from "./context.ts";
import type { SymbolicMemory } from "./memory.ts";
import { fault } from "./problem.ts";
import { type PathState, register } from "./state.ts";
import { pointer, UNREADABLE_VALUE, type Value } from "./value.ts";

/** Bytes of a function's stack (MAX_BPF_STACK). */
const STACK_SIZE = 512;
/** Functions one inside the other (MAX_CALL_FRAMES). */
const DEEPEST = 8;

const FRAME_POINTER = 10;

/** R6 to R9 are the callee's to keep. */
const KEPT = [6, 7, 8, 9, FRAME_POINTER];

function stackName(depth: number): string {
  return `stack of frame ${depth}`;
}

export function newStack(depth: number): SymbolicMemory {
  return {
    name: stackName(depth),
    kind: "stack",
    size: STACK_SIZE,
    writable: true,
    written: undefined,
    initially: "nothing",
  };
}

/** R10 of a function: the end of its stack, from which it grows downwards. */
export function framePointer(depth: number): Value {
  return pointer(stackName(depth), bits64(STACK_SIZE));
}

/** A function of the program begins, with R1 to R5 as they are. */
export function enterFunction(state: PathState, slot: number, returnTo: number): PathState {
  const depth = state.frames.length + 1;
  if (depth >= DEEPEST) return fault(`calls ${DEEPEST} functions one inside the other`);
  const frame = { returnTo, kept: KEPT.map((index) => register(state, index)) };
  const registers = state.registers.map((value, index) =>
    index === FRAME_POINTER ? framePointer(depth) : index >= 1 && index <= 5 ? value : UNREADABLE_VALUE,
  );
  const memories = new Map(state.memories).set(stackName(depth), newStack(depth));
  return { ...state, slot, registers, frames: [...state.frames, frame], memories };
}

/** The slot of a state that a function's exit ended, where no caller is left to go on. */
export const ENDED = -1;

/** The exit of a function: the program's own end where nothing called it. */
export function leaveFunction(executor: ExecutionContext, state: PathState): PathState {
  const frame = state.frames.at(-1);
  const result = register(state, 0);
  if (result.kind !== "number") return fault("exits without a number in R0");
  if (frame === undefined) {
    for (const [name, { slot }] of state.held) {
      const detail = `${name}, taken at instruction ${slot}, is given back`;
      executor.require(state, "give-back", detail, FALSE);
    }
    return { ...state, slot: ENDED };
  }
  return { ...restored(state, frame.kept), slot: frame.returnTo };
}

/** After a function: the caller's registers, R0 the result, its stack gone. */
function restored(state: PathState, kept: readonly Value[]): PathState {
  const registers = state.registers.map((value, index) => {
    const place = KEPT.indexOf(index);
    return place >= 0 ? (kept[place] ?? UNREADABLE_VALUE) : index === 0 ? value : UNREADABLE_VALUE;
  });
  const memories = new Map(state.memories);
  memories.delete(stackName(state.frames.length));
  return { ...state, registers, memories, frames: state.frames.slice(0, -1) };
}
