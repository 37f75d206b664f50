import { lengthOf, type Memory, type Write, write } from "#prove/machine/memory.ts";
import { unknown } from "#prove/machine/problem.ts";
import type { State } from "#prove/machine/state.ts";
import { bits64 } from "#prove/terms/bits.ts";
import type { Truth } from "#prove/terms/term.ts";
import { mostOf } from "#prove/terms/truth.ts";

/** Bytes of memories that turns may change: from and to, the last not included. */
export type Ranges = ReadonlyMap<string, readonly Range[]>;

export type Range = { readonly from: number; readonly to: number };

/** What the ends of a turn have written to memories that were there before it. */
export function rangesWritten(before: State, ends: readonly State[]): Ranges {
  const ranges = new Map<string, Range[]>();
  for (const end of ends) {
    for (const [name, memory] of end.memories) {
      const old = before.memories.get(name);
      if (old === undefined) continue;
      for (let one = memory.written; one !== undefined && one !== old.written; one = one.before) {
        ranges.set(name, [...(ranges.get(name) ?? []), rangeOf(one, memory, end.conditions)]);
      }
    }
  }
  return new Map([...ranges].map(([name, list]) => [name, united(list)]));
}

function rangeOf(one: Write, memory: Memory, conditions: readonly Truth[]): Range {
  if (one.at.kind !== "constant") return { from: 0, to: memory.size };
  const from = Number(one.at.value);
  const most = Number(mostOf(lengthOf(one), conditions));
  return { from, to: Math.min(memory.size, from + most) };
}

export function united(list: readonly Range[]): readonly Range[] {
  const sorted = [...list].sort((a, b) => a.from - b.from);
  const joined: Range[] = [];
  for (const range of sorted) {
    const last = joined.at(-1);
    if (last === undefined || range.from > last.to) joined.push(range);
    else joined[joined.length - 1] = { from: last.from, to: Math.max(last.to, range.to) };
  }
  return joined;
}

/** Whether all of `a` is in `b`. */
export function covers(b: Ranges, a: Ranges): boolean {
  return [...a].every(([name, list]) =>
    list.every(({ from, to }) => (b.get(name) ?? []).some((range) => range.from <= from && to <= range.to)),
  );
}

export function both(a: Ranges, b: Ranges): Ranges {
  const names = new Set([...a.keys(), ...b.keys()]);
  return new Map([...names].map((name) => [name, united([...(a.get(name) ?? []), ...(b.get(name) ?? [])])]));
}

/** The state with anything at all in these bytes. An address among them is gone for good. */
export function forgetting(state: State, ranges: Ranges, label: string): State {
  const memories = new Map(state.memories);
  for (const [name, list] of ranges) {
    let memory = memories.get(name) ?? unknown(`${name} is gone`);
    for (const { from, to } of list) {
      memory = write(memory, {
        kind: "anything",
        at: bits64(from),
        length: bits64(to - from),
        memory: `${name} ${label}`,
      });
    }
    memories.set(name, memory);
  }
  return { ...state, memories };
}
