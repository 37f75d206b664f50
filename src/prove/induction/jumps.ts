import type { LoadedProgram } from "#bpf-vm/program.ts";
import type { JumpRule, SymbolicExecutor } from "#prove/machine/executor.ts";
import { unknown } from "#prove/machine/problem.ts";
import type { OpenLoop, PathState } from "#prove/machine/state.ts";
import { type CutLoop, cutLoop, isBounded, requireEnd } from "./cut.ts";
import { loopBody } from "./flow.ts";
import type { LoopHead } from "./shape.ts";

/** Loops that one path comes to: where it is one in the turns of another, that has to be cut first. */
const MOST_ON_A_PATH = 8;

/** More turns than can be counted with one bit less are never made: MOST_TURNS. */
const COUNT_BITS = 32;

/**
 * Any number of turns of loops made of jumps, by induction: at such a loop's head whatever its turns may change is forgotten, but for facts
 * that hold when it is come to and that each turn keeps. What comes after begins there: it goes the ways of a turn, and those out of
 * the loop.
 */
export class CutJumps implements JumpRule {
  readonly #bodies: ReadonlyMap<number, ReadonlySet<number>>;
  readonly #cut = new Map<string, CutLoop>();

  /** @param heads the first instructions of the loops to cut, by their slots */
  constructor(program: LoadedProgram, heads: readonly number[]) {
    this.#bodies = new Map(heads.map((head) => [head, loopBody(program, head)]));
  }

  admit(executor: SymbolicExecutor, state: PathState): readonly PathState[] {
    const inside = this.#withoutLeft(state);
    if (!this.#bodies.has(inside.slot)) return [inside];
    const open = inside.openLoops.find((one) => one.head === inside.slot && isOfCall(one, inside));
    if (open === undefined && inside.loops.length > MOST_ON_A_PATH) {
      executor.leave(inside, `it comes to more than ${MOST_ON_A_PATH} loops`);
      return [];
    }
    if (open === undefined) return [this.#enter(executor, inside)];
    requireEnd(
      executor,
      this.#cut.get(open.loop) ?? unknown("a turn of a loop that was never begun"),
      inside,
    );
    return [];
  }

  #withoutLeft(state: PathState): PathState {
    const openLoops = state.openLoops.filter((open) => !this.hasLeft(state, open));
    return openLoops.length === state.openLoops.length ? state : { ...state, openLoops };
  }

  /** Whether a path has come out of a loop: its own function has, or has ended. */
  hasLeft(state: PathState, open: OpenLoop): boolean {
    if (state.frames.length < open.frames.length) return true;
    return isOfCall(open, state) && this.#bodies.get(open.head)?.has(state.slot) !== true;
  }

  #enter(executor: SymbolicExecutor, first: PathState): PathState {
    const turns = (start: PathState, head: LoopHead) => this.#turnsFrom(executor, opened(start, head.loop));
    const cut = cutLoop(executor, { loop: executor.name("jumps"), first, width: COUNT_BITS, turns });
    if (!isBounded(cut)) return unknown("a loop that is not seen to end");
    const { loop } = cut.head;
    this.#cut.set(loop, cut);
    const start = opened(cut.start, loop);
    return { ...start, loops: [...start.loops, { kind: "anyhow", loop }] };
  }

  /** The ends of the turns that begin in a state, by a look that proves nothing. */
  #turnsFrom(executor: SymbolicExecutor, start: PathState): readonly PathState[] {
    const ends: PathState[] = [];
    const own = start.openLoops.at(-1);
    const rule: JumpRule = {
      admit: (trial, state) => {
        if (own === undefined || this.hasLeft(state, own)) return [];
        if (state.slot !== own.head || !isOfCall(own, state)) return this.admit(trial, state);
        ends.push(state);
        return [];
      },
    };
    const trial = executor.another({ jumps: rule });
    trial.explore(start);
    const [gap] = trial.gaps;
    return gap === undefined ? ends : unknown(gap.detail);
  }
}

/** Whether a state is in the call of the function in which the loop was come to. */
export function isOfCall({ frames }: OpenLoop, state: PathState): boolean {
  return (
    state.frames.length === frames.length && frames.every((frame, index) => frame === state.frames[index])
  );
}

function opened(state: PathState, loop: string): PathState {
  const open = { loop, head: state.slot, frames: state.frames };
  return { ...state, openLoops: [...state.openLoops, open] };
}
