import type { Btf } from "./btf.ts";

/** Where a type's text leads to without an end of its own. */
const ENDLESS = Number.POSITIVE_INFINITY;
/** A type that is being counted. */
const OPEN = -1;

/**
 * How many words a full C dump of the types has, about: what has a name is written once and then called by it, what has none is
 * written at each of its uses, so that a small file can ask for 2^60 words. Infinite where types without a name lead back to
 * themselves.
 */
export function dumpCost(btf: Btf): number {
  const inline = new Map<number, number>();
  let total = 0;
  for (const id of btf.ids()) {
    // A definition of its own; without a name, it is written where it is used.
    if (isNamed(btf, id)) for (const part of partsOf(btf, id)) total += 1 + costOf(btf, part, inline);
  }
  return total;
}

/** Of a use of the type. No recursion: a chain may have as many links as there are types. */
function costOf(btf: Btf, start: number, known: Map<number, number>): number {
  const waiting = [start];
  for (let id = waiting.at(-1); id !== undefined; id = waiting.at(-1)) {
    const now = known.get(id);
    if (now !== undefined && now !== OPEN) {
      waiting.pop();
      continue;
    }
    const parts = isCalledByName(btf, id) ? [] : partsOf(btf, id);
    const missing = now === OPEN ? [] : parts.filter((part) => known.get(part) === undefined);
    if (missing.length > 0) {
      known.set(id, OPEN);
      waiting.push(...missing);
      continue;
    }
    // One that is still open is among its own parts.
    const costs = parts.map((part) => known.get(part) ?? 0);
    known.set(id, costs.includes(OPEN) ? ENDLESS : costs.reduce((sum, cost) => sum + cost, 1));
    waiting.pop();
  }
  return known.get(start) ?? 1;
}

function isCalledByName(btf: Btf, id: number): boolean {
  return isNamed(btf, id) && btf.kind(id) !== "type_tag";
}

/** Without decoding the name: that would take longer than all the rest. */
function isNamed(btf: Btf, id: number): boolean {
  return id !== 0 && btf.word(id, 0) !== 0;
}

/** The types whose text is a part of this one's. */
function partsOf(btf: Btf, id: number): readonly number[] {
  switch (btf.kind(id)) {
    case "struct":
    case "union":
      return listed(btf, id, 12);
    case "func_proto":
      return [btf.word(id, 8), ...listed(btf, id, 8)];
    case "array":
      return [btf.word(id, 12)];
    case "ptr":
    case "typedef":
    case "const":
    case "volatile":
    case "restrict":
    case "type_tag":
      return [btf.word(id, 8)];
    default:
      return [];
  }
}

/** Of the entries behind a type, each `size` bytes long, the second word: a type. */
function listed(btf: Btf, id: number, size: number): readonly number[] {
  return Array.from({ length: btf.vlen(id) }, (_, index) => btf.word(id, 12 + size * index + 4));
}
