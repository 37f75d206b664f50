import { load, write } from "#prove/machine/memory.ts";
import { type PathState, withMemory, withRegister } from "#prove/machine/state.ts";
import { number, UNREADABLE_VALUE, type Value } from "#prove/machine/value.ts";
import { bits64 } from "#prove/terms/bits.ts";

/** Where a program keeps a value from one turn to the next. */
export type KeptPlace =
  | { readonly kind: "register"; readonly index: number }
  /** 1, 2, 4 or 8 bytes of a memory. */
  | { readonly kind: "cell"; readonly memory: string; readonly offset: number; readonly size: number };

/** The place in words: one for each place. */
export function placeName(place: KeptPlace): string {
  return place.kind === "register"
    ? `r${place.index}`
    : `${place.size} bytes at ${place.offset} of ${place.memory}`;
}

/** What is kept there; the number has as many bits as the place. */
export function valueAt(state: PathState, place: KeptPlace): Value {
  if (place.kind === "register") return state.registers[place.index] ?? UNREADABLE_VALUE;
  const memory = state.memories.get(place.memory);
  if (memory === undefined) return UNREADABLE_VALUE;
  const loaded = load(memory, bits64(place.offset), place.size);
  if (loaded.kind === "pointer") return loaded.pointer;
  return loaded.kind === "bits" ? number(loaded.bits) : UNREADABLE_VALUE;
}

export function withValue(state: PathState, place: KeptPlace, value: Value): PathState {
  if (place.kind === "register") return withRegister(state, place.index, value);
  const memory = state.memories.get(place.memory);
  if (memory === undefined || value.kind === "unreadable") return state;
  const at = bits64(place.offset);
  return withMemory(
    state,
    value.kind === "pointer"
      ? write(memory, { kind: "pointer", at, pointer: value })
      : write(memory, { kind: "bits", at, bits: value.bits }),
  );
}

/** The cells that were written between two states of a path, at places that are known; of those that overlap, none. */
export function cellsWritten(before: PathState, after: PathState): readonly (KeptPlace & { kind: "cell" })[] {
  const cells = new Map<string, KeptPlace & { kind: "cell" }>();
  for (const [name, memory] of after.memories) {
    const old = before.memories.get(name);
    if (old === undefined) continue;
    for (let one = memory.written; one !== undefined && one !== old.written; one = one.before) {
      if (one.at.kind !== "constant" || (one.kind !== "bits" && one.kind !== "pointer")) continue;
      const size = one.kind === "pointer" ? 8 : one.bits.width / 8;
      const cell: KeptPlace = { kind: "cell", memory: name, offset: Number(one.at.value), size };
      cells.set(placeName(cell), cell);
    }
  }
  return [...cells.values()];
}

export function overlap(a: KeptPlace, b: KeptPlace): boolean {
  if (a.kind !== "cell" || b.kind !== "cell" || a.memory !== b.memory) return false;
  return a.offset < b.offset + b.size && b.offset < a.offset + a.size;
}
