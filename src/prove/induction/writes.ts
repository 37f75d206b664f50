import {
  byteAt,
  type MemoryWrite,
  type SymbolicMemory,
  write,
  writtenLength,
} from "#prove/machine/memory.ts";
import { unknown } from "#prove/machine/problem.ts";
import type { PathState } from "#prove/machine/state.ts";
import { bits64 } from "#prove/terms/bits.ts";
import { TRUE, type Truth } from "#prove/terms/term.ts";
import { mostOf } from "#prove/terms/truth.ts";

/** Bytes of memories that turns may change: from and to, the last not included. */
export type Ranges = ReadonlyMap<string, readonly ByteRange[]>;

export type ByteRange = { readonly from: number; readonly to: number };

/** What the ends of a turn have written to memories that were there before it. */
export function rangesWritten(before: PathState, ends: readonly PathState[]): Ranges {
  const ranges = new Map<string, ByteRange[]>();
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

function rangeOf(one: MemoryWrite, memory: SymbolicMemory, conditions: readonly Truth[]): ByteRange {
  if (one.at.kind !== "constant") return { from: 0, to: memory.size };
  const from = Number(one.at.value);
  const most = Number(mostOf(writtenLength(one), conditions));
  return { from, to: Math.min(memory.size, from + most) };
}

function united(list: readonly ByteRange[]): readonly ByteRange[] {
  const sorted = [...list].sort((a, b) => a.from - b.from);
  const joined: ByteRange[] = [];
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

/**
 * The state with anything at all in these bytes. An address among them is gone for good; what was not surely written before, may still
 * not be.
 */
export function forgetting(state: PathState, ranges: Ranges, label: string): PathState {
  const memories = new Map(state.memories);
  for (const [name, list] of ranges) {
    const before = memories.get(name) ?? unknown(`${name} is gone`);
    let memory = before;
    for (const { from, to, isWritten } of list.flatMap((range) => piecesOf(before, range))) {
      memory = write(memory, {
        ...{ kind: "anything", at: bits64(from), length: bits64(to - from), isWritten },
        memory: `${name} ${label}`,
      });
    }
    memories.set(name, memory);
  }
  return { ...state, memories };
}

/** A range in pieces that were surely written and such that were not. */
function piecesOf(
  memory: SymbolicMemory,
  { from, to }: ByteRange,
): readonly (ByteRange & { readonly isWritten: boolean })[] {
  if (memory.initially !== "nothing") return [{ from, to, isWritten: true }];
  const pieces: (ByteRange & { readonly isWritten: boolean })[] = [];
  for (let at = from; at < to; at++) {
    // A byte of an address was written.
    const isWritten = (byteAt(memory, bits64(at))?.written ?? TRUE) === TRUE;
    const last = pieces.at(-1);
    if (last?.isWritten === isWritten) pieces[pieces.length - 1] = { ...last, to: at + 1 };
    else pieces.push({ from: at, to: at + 1, isWritten });
  }
  return pieces;
}
