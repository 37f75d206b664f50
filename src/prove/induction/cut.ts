import type { SymbolicExecutor } from "#prove/machine/executor.ts";
import { unknown } from "#prove/machine/problem.ts";
import { type PathState, withCondition } from "#prove/machine/state.ts";
import { bits64 } from "#prove/terms/bits.ts";
import { literal, type Truth } from "#prove/terms/term.ts";
import { compare } from "#prove/terms/truth.ts";
import { isShown, likelyFacts, MOST_TURNS, saidOfEnd, saidOfFirst } from "./facts.ts";
import {
  anyTurn,
  grownShape,
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

/** A loop that was cut at its head, and what is true whenever a turn of it begins. */
export type CutLoop = {
  readonly head: LoopHead;
  readonly facts: readonly Truth[];
  /** The state in which any turn begins. */
  readonly start: PathState;
};

/** A loop to be cut. */
export type WholeLoop = {
  /** Its name, which is no other's. */
  readonly loop: string;
  /** The state in which it is come to. */
  readonly first: PathState;
  /** Bits that surely count its turns, and one more. */
  readonly width: number;
  /** The ends of the turns that begin in a state, by a look that proves nothing. */
  readonly turns: (start: PathState, head: LoopHead) => readonly PathState[];
};

/**
 * Cuts a loop: whatever turns may change is forgotten, but for facts that hold when it is come to, which is asked for here, and that each
 * turn keeps, which is to be asked for of the end of each.
 */
export function cutLoop(executor: SymbolicExecutor, whole: WholeLoop): CutLoop {
  const { head, ends } = headOf(executor, whole);
  const facts = factsOf(executor, head, ends, whole);
  for (const fact of facts) {
    const claim = saidOfFirst(head, fact);
    executor.require(whole.first, "loop-start", "what turns keep holds before the first", claim);
  }
  return { head, facts, start: startOf(head, facts) };
}

/** Shows that a turn changes what it was said to, and keeps what was said to stay. */
export function requireEnd(
  executor: SymbolicExecutor,
  { head, start, facts }: CutLoop,
  end: PathState,
): void {
  const problem = problemOf(head, start, end);
  if (problem !== undefined) unknown(problem);
  const isSame =
    start.held.size === end.held.size && [...start.held.keys()].every((name) => end.held.has(name));
  executor.require(end, "give-back", "a turn gives back what it takes, and nothing else", literal(isSame));
  for (const fact of facts) {
    executor.require(end, "loop-turn", "a turn keeps what holds before it", saidOfEnd(head, end, fact));
  }
}

/** A head, and the ends of the turns that begin there while no fact is known but their count's. */
type Looked = { readonly head: LoopHead; readonly ends: readonly PathState[] };

/** Finds what turns may change. */
function headOf(executor: SymbolicExecutor, { loop, first, width, turns }: WholeLoop): Looked {
  let head: LoopHead = { loop, first, width, shape: NO_SHAPE };
  let counts = true;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const start = round === 0 ? first : startOf(head, countOf(head));
    const ends = turns(start, head);
    counts &&= countOf(head).every((fact) => ends.every((end) => isShown(executor, head, end, fact)));
    const found = grownShape(head, start, ends);
    const shape = counts ? found : uncounted(found);
    if (round > 0 && isSameShape(shape, head.shape)) return { head, ends };
    head = { ...head, shape };
  }
  return unknown("turns of a loop change more at each look");
}

/** Finds what stays true of it: of what looks likely, what every turn keeps. */
function factsOf(
  executor: SymbolicExecutor,
  head: LoopHead,
  plain: readonly PathState[],
  { turns }: WholeLoop,
): readonly Truth[] {
  let facts = [...countOf(head), ...likelyFacts(head, plain)];
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const ends = turns(startOf(head, facts), head);
    const kept = facts.filter((fact) => ends.every((end) => isShown(executor, head, end, fact)));
    if (kept.length === facts.length) break;
    facts = kept;
  }
  return facts;
}

/** What a turn does that nothing is known of. */
function problemOf(head: LoopHead, start: PathState, end: PathState): string | undefined {
  const changesOnly =
    covers(head.shape.ranges, rangesWritten(start, [end])) &&
    isSameShape(grownShape(head, start, [end]), head.shape);
  if (!changesOnly) return "a turn of a loop changes what no other does";
  if (end.sent.length !== start.sent.length) return "sends commands in a loop";
  const takesRoom = [...end.rings].some(([ring, used]) => used !== start.rings.get(ring));
  return takesRoom ? "takes room of a ring in each turn of a loop" : undefined;
}

function startOf(head: LoopHead, facts: readonly Truth[]): PathState {
  return facts.reduce(withCondition, anyTurn(head));
}

function isCounting({ places }: Shape): boolean {
  return [...places.values()].some(({ change }) => change.kind === "adds" && change.step !== 0n);
}

/** Whether it is known to end: where turns are counted, every turn shows that there are not too many. */
export function isBounded({ head }: CutLoop): boolean {
  return isCounting(head.shape);
}

/** Where turns are counted, that there are not too many for it. */
function countOf(head: LoopHead): readonly Truth[] {
  return isCounting(head.shape) ? [compare("ule", turnsBefore(head), bits64(MOST_TURNS))] : [];
}
