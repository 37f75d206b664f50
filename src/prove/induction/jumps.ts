import type { LoadedProgram } from "#bpf-vm/program.ts";
import type { JumpRule, SymbolicExecutor } from "#prove/machine/executor.ts";
import { unknown } from "#prove/machine/problem.ts";
import { type OpenLoop, type PathState, withCondition } from "#prove/machine/state.ts";
import { bits64 } from "#prove/terms/bits.ts";
import { literal, type Truth } from "#prove/terms/term.ts";
import { compare } from "#prove/terms/truth.ts";
import { isShown, likelyFacts, MOST_TURNS, saidOfEnd, saidOfFirst } from "./facts.ts";
import { loopBody } from "./flow.ts";
import {
  anyTurn,
  grown,
  isSameShape,
  type LoopHead,
  NO_SHAPE,
  type Shape,
  turnsBefore,
  uncounted,
} from "./shape.ts";
import { covers, rangesWritten } from "./writes.ts";

/** How often what turns may change, or what stays true, is looked for again. */
const MOST_ROUNDS = 12;

/** A loop that was cut, and what is true whenever a turn of it begins. */
type CutLoop = { readonly head: LoopHead; readonly start: PathState; readonly facts: readonly Truth[] };

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
    if (open === undefined) return [this.#enter(executor, inside)];
    this.#endTurn(executor, inside, open);
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
    const loop = executor.name("jumps");
    const head = this.#headOf(executor, { loop, first, shape: NO_SHAPE });
    const facts = this.#factsOf(executor, head);
    for (const fact of facts) {
      executor.require(
        first,
        "loop-start",
        "what turns keep holds before the first",
        saidOfFirst(head, fact),
      );
    }
    const start = startOf(head, facts);
    this.#cut.set(loop, { head, start, facts });
    return start;
  }

  /** Finds what turns may change. */
  #headOf(executor: SymbolicExecutor, before: LoopHead): LoopHead {
    let head = before;
    let counts = true;
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const start = round === 0 ? opened(head, head.first) : startOf(head, countOf(head));
      const ends = this.#turnsFrom(executor, start);
      counts &&= round === 0 || !isCounting(head.shape) || countsOn(executor, head, ends);
      const found = grown(head, round === 0 ? head.first : start, ends);
      const shape = counts ? found : uncounted(found);
      if (round > 0 && isSameShape(shape, head.shape)) return head;
      head = { ...head, shape };
    }
    return unknown("turns of a loop change more at each look");
  }

  /** Finds what stays true of it: of what looks likely, what every turn keeps. */
  #factsOf(executor: SymbolicExecutor, head: LoopHead): readonly Truth[] {
    const count = countOf(head);
    const plain = startOf(head, count);
    let facts = [...count, ...likelyFacts(head, plain, this.#turnsFrom(executor, plain))];
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const ends = this.#turnsFrom(executor, startOf(head, facts));
      const kept = facts.filter((fact) => ends.every((end) => isShown(executor, head, end, fact)));
      if (kept.length === facts.length) break;
      facts = kept;
    }
    return facts;
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

  /** Shows that a turn changes what it was said to, and keeps what was said to stay. */
  #endTurn(executor: SymbolicExecutor, end: PathState, { loop }: OpenLoop): void {
    const { head, start, facts } = this.#cut.get(loop) ?? unknown("a turn of a loop that was never begun");
    const problem = problemOf(head, start, end);
    if (problem !== undefined) unknown(problem);
    const isSame =
      start.held.size === end.held.size && [...start.held.keys()].every((name) => end.held.has(name));
    executor.require(end, "give-back", "a turn gives back what it takes, and nothing else", literal(isSame));
    for (const fact of facts) {
      executor.require(end, "loop-turn", "a turn keeps what holds before it", saidOfEnd(head, end, fact));
    }
  }
}

/** What a turn does that nothing is known of. */
function problemOf(head: LoopHead, start: PathState, end: PathState): string | undefined {
  if (!changesOnly(head, start, end)) return "a turn of a loop changes what no other does";
  if (end.sent.length !== start.sent.length) return "sends commands in a loop";
  const takesRoom = [...end.rings].some(([ring, used]) => used !== start.rings.get(ring));
  return takesRoom ? "takes room of a ring in each turn of a loop" : undefined;
}

/** Whether a state is in the call of the function in which the loop was come to. */
export function isOfCall({ frames }: OpenLoop, state: PathState): boolean {
  return (
    state.frames.length === frames.length && frames.every((frame, index) => frame === state.frames[index])
  );
}

function opened({ loop }: LoopHead, state: PathState): PathState {
  const open = { loop, head: state.slot, frames: state.frames };
  return { ...state, openLoops: [...state.openLoops, open] };
}

function startOf(head: LoopHead, facts: readonly Truth[]): PathState {
  const state = opened(head, anyTurn(head));
  const start = facts.reduce(withCondition, state);
  return { ...start, loops: [...start.loops, { kind: "anyhow", loop: head.loop }] };
}

function isCounting({ places }: Shape): boolean {
  return [...places.values()].some(({ change }) => change.kind === "adds" && change.step !== 0n);
}

/** Where turns are counted, that there are not too many for it. */
function countOf(head: LoopHead): readonly Truth[] {
  return isCounting(head.shape) ? [compare("ule", turnsBefore(head), bits64(MOST_TURNS))] : [];
}

function countsOn(executor: SymbolicExecutor, head: LoopHead, ends: readonly PathState[]): boolean {
  return countOf(head).every((fact) => ends.every((end) => isShown(executor, head, end, fact)));
}

/** Whether a turn has changed only what its loop's shape says, and that as it says. */
function changesOnly(head: LoopHead, start: PathState, end: PathState): boolean {
  return (
    covers(head.shape.ranges, rangesWritten(start, [end])) &&
    isSameShape(grown(head, start, [end]), head.shape)
  );
}
