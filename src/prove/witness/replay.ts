import { Covered } from "#bpf-vm/interpreter/coverage.ts";
import type { LoadedProgram } from "#bpf-vm/program.ts";
import { type ContextLayout, runLoaded } from "#bpf-vm/run-parser.ts";
import type { PathState, Trail } from "#prove/machine/state.ts";
import type { Example } from "./example.ts";

/** How the virtual machine went otherwise than the prover: at an instruction, the first that differs. */
export type Divergence = { readonly slot: number; readonly expected: number; readonly executed: number };

/**
 * Runs an example in the virtual machine and compares the instructions executed, and the ways their jumps went, with those of a path. In
 * the functions that make turns of loops, other turns leave marks of their own: there the path's must be among them.
 *
 * @param turnSlots the instructions of those functions
 */
export function replay(
  program: LoadedProgram,
  context: ContextLayout,
  { image, injection }: Example,
  state: PathState,
  turnSlots: ReadonlySet<number>,
): Divergence | undefined {
  const { coverage } = runLoaded(program, image, context, { injection });
  const expected = new Uint8Array(coverage.length);
  mark(expected, state.turnOf === undefined ? state.trail : undefined);
  const within = new Uint8Array(coverage.length);
  mark(within, state.turnOf === undefined ? undefined : state.trail);
  for (const end of state.loops) if (end.kind === "denied") mark(within, end.trail);
  for (const { index: slot } of program.instructions) {
    const executed = coverage[slot] ?? 0;
    const due = (expected[slot] ?? 0) | (within[slot] ?? 0);
    const partly = turnSlots.has(slot) || state.turnOf !== undefined;
    if (partly ? (executed & due) !== due : executed !== due) return { slot, expected: due, executed };
  }
  return undefined;
}

function mark(marks: Uint8Array, trail: Trail): void {
  for (let one = trail; one !== undefined; one = one.before) {
    const way = one.taken === undefined ? 0 : one.taken ? Covered.TAKEN : Covered.PASSED;
    marks[one.slot] = (marks[one.slot] ?? 0) | Covered.RUN | way;
  }
}
