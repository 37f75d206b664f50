import type { LoopCall } from "#prove/machine/context.ts";
import type { LoopRule, SymbolicExecutor } from "#prove/machine/executor.ts";
import { load, write } from "#prove/machine/memory.ts";
import { unknown } from "#prove/machine/problem.ts";
import {
  isUndisturbed,
  NOTHING_DENIED,
  type PathState,
  withCondition,
  withMemory,
  withRegister,
} from "#prove/machine/state.ts";
import { number, UNREADABLE_VALUE } from "#prove/machine/value.ts";
import type { Search, SearchState } from "#prove/specification/specification.ts";
import { bits64, zeroExtend } from "#prove/terms/bits.ts";
import { boundsOf } from "#prove/terms/bounds.ts";
import { momentName, turnName } from "#prove/terms/names.ts";
import { type Bits, FALSE, type Truth, variable } from "#prove/terms/term.ts";
import { all, compare, equals, same } from "#prove/terms/truth.ts";
import { cutCalls } from "./any-calls.ts";
import { entryPremises, requireEntries } from "./entries.ts";
import { findScratch, type Scratch } from "./scratch.ts";
import { beginTurn, resultOf } from "./turn.ts";
import { both, covers, forgetting, type Ranges, rangesWritten } from "./writes.ts";

/** How often what turns may change is looked for again. */
const MOST_ROUNDS = 8;

/** What ties a program's memory to the specification's search. */
type Tie = { readonly search: Search; readonly scratch: Scratch };

/**
 * Any number of turns, by induction: the loop begins in the search's first state; a turn that begins in any state of the search ends
 * in the one after it; so the loop ends where the search ends. The states after the loop have what turns may
 * change forgotten, and tied to what the search has found. Without a search, the loop is cut as those of jumps are.
 */
export function inductionRule(search: Search | undefined): LoopRule {
  if (search === undefined) return cutCalls;
  return (executor, state, call) => {
    const tie = { search, scratch: scratchOf(executor, state) };
    const loop = executor.name("loop");
    requireStart(executor, state, call, tie);
    // What was asked for at the start is a premise of all that comes after.
    const begun = withCondition(state, search.begins);
    const ranges = changedByTurns(executor, begun, call, tie);
    const ends = turns(executor, begun, call, { loop, tie, ranges });
    return [finished(executor, begun, { loop, tie, ranges }), ...ends];
  };
}

type Loop = { readonly loop: string; readonly tie: Tie; readonly ranges: Ranges };

function scratchOf(executor: SymbolicExecutor, state: PathState): Scratch {
  const scratch = findScratch(executor.program, state);
  return scratch ?? unknown("a search without a record of struct scratch");
}

function requireStart(
  executor: SymbolicExecutor,
  state: PathState,
  call: LoopCall,
  { search, scratch }: Tie,
): void {
  executor.require(state, "loop-start", "the table is one that is searched", search.begins);
  executor.require(state, "loop-start", "as many turns as entries", equals(call.turns, search.turns));
  const index = turnIndex("any", search.table.entries);
  requireEntries(executor, withCondition(state, search.begins), search, index);
  const cells = search.cells(search.initially);
  executor.require(
    state,
    "loop-start",
    "the search begins with nothing found",
    holdsCells(state, scratch, cells),
  );
  for (const fact of search.facts(search.initially)) {
    executor.require(state, "fact", "a fact of the search holds at its start", fact);
  }
}

/** Whether members of the scratch record have these values. */
function holdsCells(state: PathState, scratch: Scratch, cells: ReadonlyMap<string, Bits>): Truth {
  const memory = state.memories.get(scratch.memory);
  return all(
    ...[...cells].map(([path, value]) => {
      const cell = scratch.cell(path);
      if (memory === undefined || cell === undefined) return unknown(`struct scratch without ${path}`);
      const loaded = load(memory, bits64(cell.offset), cell.size);
      return loaded.kind === "bits" ? equals(loaded.bits, value) : FALSE;
    }),
  );
}

/** Puts values into members of the scratch record. */
function withCells(state: PathState, scratch: Scratch, cells: ReadonlyMap<string, Bits>): PathState {
  let after = state;
  for (const [path, value] of cells) {
    const memory = after.memories.get(scratch.memory);
    const cell = scratch.cell(path);
    if (memory === undefined || cell === undefined) return unknown(`struct scratch without ${path}`);
    if (value.width !== 8 * cell.size) return unknown(`${path} of ${cell.size} bytes`);
    after = withMemory(after, write(memory, { kind: "bits", at: bits64(cell.offset), bits: value }));
  }
  return after;
}

/** A state of the search of which nothing is known. */
export function anyState(search: Search, label: string): SearchState {
  return new Map([...search.shape].map(([name, width]) => [name, variable(width, `${label} ${name}`)]));
}

/** As wide as counting takes: fewer bits, quicker answers. */
export function turnIndex(loop: string, turns: Bits): Bits {
  const width = Math.max(1, boundsOf(turns).most.toString(2).length);
  return zeroExtend(variable(width, turnName(loop)), 64);
}

/** The state in which any turn begins. */
function turnStart(
  state: PathState,
  call: LoopCall,
  { loop, tie: { search, scratch }, ranges }: Loop,
): PathState {
  const index = turnIndex(loop, search.table.entries);
  const before = anyState(search, momentName(loop, "before"));
  let start = forgetting(state, ranges, momentName(loop, "before"));
  start = withCells(start, scratch, search.cells(before));
  for (const fact of search.facts(before)) start = withCondition(start, fact);
  start = withCondition(start, compare("ult", index, call.turns));
  // Shown once for all turns.
  for (const premise of entryPremises(search, index)) start = withCondition(start, premise);
  return {
    ...beginTurn(start, call, index),
    turnOf: loop,
    trail: undefined,
    denials: NOTHING_DENIED,
  };
}

/** Grows the ranges until a turn that finds anything in them writes nothing else. */
function changedByTurns(executor: SymbolicExecutor, state: PathState, call: LoopCall, tie: Tie): Ranges {
  let ranges: Ranges = new Map();
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const trial = executor.another({ loop: () => unknown("a loop in a turn of a loop") });
    const loop = `trial ${round}`;
    // What the search keeps is forgotten from the start: a turn that never writes it would be said to keep it.
    const start = turnStart(state, call, { loop, tie, ranges });
    const ends = trial.explore(start);
    const more = rangesWritten(start, ends);
    if (covers(ranges, more)) return ranges;
    ranges = both(ranges, more);
  }
  return unknown("turns write more at each look");
}

/** Proves one turn; gives the states after turns that were the last because something was denied. */
function turns(
  executor: SymbolicExecutor,
  state: PathState,
  call: LoopCall,
  loop: Loop,
): readonly PathState[] {
  const start = turnStart(state, call, loop);
  const { search, scratch } = loop.tie;
  const index = turnIndex(loop.loop, search.table.entries);
  const due = search.turn(anyState(search, momentName(loop.loop, "before")), index);
  for (const fact of search.facts(due.state)) {
    executor.require(start, "fact", "a turn of the search keeps a fact", fact);
  }
  const after: PathState[] = [];
  for (const end of executor.explore(start)) {
    const result = resultOf(end);
    const stops = equals(result, bits64(1));
    const valid = compare("ule", result, bits64(1));
    executor.require(end, "loop-turn", "a turn gives 0 or 1", valid);
    if (end.sent.length !== state.sent.length) return unknown("sends commands in a loop");
    for (const name of end.held.keys()) {
      if (!state.held.has(name))
        executor.require(end, "give-back", `${name} is given back in its turn`, FALSE);
    }
    if (isUndisturbed(end.denials)) {
      executor.turnEnds.push(end);
      const cells = holdsCells(end, scratch, search.cells(due.state));
      executor.require(end, "loop-turn", "a turn ends the search where it ends", same(stops, due.ends));
      executor.require(end, "loop-turn", "a turn finds what the search finds", cells);
    } else if (stops === FALSE) {
      // Later turns are shown for states of the search alone.
      return unknown("a turn goes on in which something was denied");
    } else if (stops.kind === "literal") {
      after.push(lastTurn(executor, state, end, loop));
    } else return unknown("a turn in which something was denied may end the loop, or not");
  }
  return after;
}

/** After the loop: R0 is how many turns there were, all other registers are as they were. */
function afterLoop(executor: SymbolicExecutor, state: PathState): PathState {
  const turns = variable(64, executor.name("turns made"));
  return withRegister(state, 0, number(turns));
}

function finished(
  executor: SymbolicExecutor,
  state: PathState,
  { loop, tie: { search, scratch }, ranges }: Loop,
): PathState {
  const found = anyState(search, momentName(loop, "after"));
  let after = forgetting(state, ranges, momentName(loop, "after"));
  after = withCells(after, scratch, search.cells(found));
  for (const fact of search.facts(found)) after = withCondition(after, fact);
  const end = { kind: "as-specified" as const, loop };
  return { ...afterLoop(executor, after), loops: [...state.loops, end] };
}

/** A turn was denied something and ended the loop: its memory is what the program goes on with. */
function lastTurn(executor: SymbolicExecutor, state: PathState, end: PathState, { loop }: Loop): PathState {
  const after = {
    ...end,
    registers: state.registers.map((value, index) => (index >= 1 && index <= 5 ? UNREADABLE_VALUE : value)),
    trail: state.trail,
    turnOf: state.turnOf,
    denials: state.denials,
    loops: [
      ...state.loops,
      { kind: "denied" as const, loop, slot: state.slot, trail: end.trail, denials: end.denials },
    ],
  };
  return afterLoop(executor, after);
}
