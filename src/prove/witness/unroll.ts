import { anyState, turnIndex } from "#prove/induction/loop.ts";
import type { LoopEnd, PathState } from "#prove/machine/state.ts";
import { type Search, type SearchState, valueIn } from "#prove/specification/specification.ts";
import { bits64, choice } from "#prove/terms/bits.ts";
import { momentName } from "#prove/terms/names.ts";
import { FALSE, type Truth } from "#prove/terms/term.ts";
import { all, any, compare, equals, not } from "#prove/terms/truth.ts";

import { loopLookedInto } from "./candidate.ts";

/** Entries of the tables in examples: as many as it takes to see a second profile end the first. */
const ENTRIES = 4;

/** The states of a search over a table of at most `ENTRIES` entries, the first one before any turn. */
type Run = { readonly states: readonly SearchState[]; readonly active: readonly Truth[] };

/**
 * What makes the states of a search, about which a proof knows only that there are some, those that an image's own table leads to: the
 * turns written out one after another.
 */
export function unrolled(search: Search | undefined, { loops, turnOf }: PathState): readonly Truth[] {
  if (search === undefined || (loops.length === 0 && turnOf === undefined)) return [];
  const run = runOf(search);
  const short = compare("ule", search.turns, bits64(ENTRIES));
  const ends = loops.map((end) => endsLike(search, run, end));
  return [short, ...ends, ...(turnOf === undefined ? [] : [turnLike(search, run, turnOf)])];
}

/**
 * What may be added to a path's conditions to find an example quickly, one after another. Where the path tells of a single turn, it is
 * the one of which ordinary images leave most open, or one of the first.
 */
export function shortcuts(search: Search | undefined, state: PathState): readonly (readonly Truth[])[] {
  // Without one there is nothing to settle, and that alone is tried.
  if (search === undefined) return [[]];
  const { bytes, outcomes } = search.ordinary;
  return placesIn(search, state, outcomes).map((place) => [...bytes, ...place]);
}

function placesIn(
  search: Search,
  state: PathState,
  outcomes: readonly SearchState[],
): readonly (readonly Truth[])[] {
  const loop = loopLookedInto(state);
  if (loop !== undefined) {
    const index = turnIndex(loop, search.table.entries);
    return [ENTRIES - 1, 1, 0].map((turn) => [equals(index, bits64(turn))]);
  }
  const last = state.loops.at(-1);
  if (last?.kind !== "as-specified") return [[]];
  const after = anyState(search, momentName(last.loop, "after"));
  return outcomes.map((outcome) => [...outcome].map(([name, value]) => equals(valueIn(after, name), value)));
}

function runOf(search: Search): Run {
  const states: SearchState[] = [search.initially];
  const active: Truth[] = [];
  let going: Truth = not(FALSE);
  let state = search.initially;
  for (let index = 0; index < ENTRIES; index++) {
    const now = all(going, compare("ult", bits64(index), search.turns));
    const turn = search.turn(state, bits64(index));
    state = new Map([...state].map(([name, value]) => [name, choice(now, valueIn(turn.state, name), value)]));
    active.push(now);
    states.push(state);
    going = all(now, not(turn.ends));
  }
  return { states, active };
}

function endsLike(search: Search, run: Run, end: LoopEnd): Truth {
  if (end.kind === "anyhow") return not(FALSE);
  if (end.kind === "denied") return turnLike(search, run, end.loop);
  const last = run.states.at(-1);
  return last === undefined ? FALSE : sameState(anyState(search, momentName(end.loop, "after")), last);
}

/** The turn is one of those that the table leads to. */
function turnLike(search: Search, { states, active }: Run, loop: string): Truth {
  const before = anyState(search, momentName(loop, "before"));
  return any(
    ...active.map((goes, index) => {
      const state = states[index];
      return state === undefined
        ? FALSE
        : all(goes, equals(turnIndex(loop, search.table.entries), bits64(index)), sameState(before, state));
    }),
  );
}

function sameState(a: SearchState, b: SearchState): Truth {
  return all(...[...a].map(([name, value]) => equals(value, valueIn(b, name))));
}
