import { Kind } from "#formats/btf/kinds.ts";
import { compareLikeness, likenessOf, NO_LIKENESS } from "./likeness.ts";
import { stringPlaces } from "./string-order.ts";
import { REFERRED_AT, type Tables } from "./tables.ts";

/** The group of what has no name, and of what no other group takes. */
const LAST = 5;

/** By kind: the group of a type with a name. */
const GROUPS = new Uint8Array(128).fill(LAST);
GROUPS[Kind.ENUM] = 1;
GROUPS[Kind.ENUM64] = 1;
GROUPS[Kind.INT] = 2;
GROUPS[Kind.FLOAT] = 2;
GROUPS[Kind.STRUCT] = 3;
GROUPS[Kind.UNION] = 3;
GROUPS[Kind.FUNC_PROTO] = 4;

/** By kind: where in a record the type stands at whose place the record is put; 0 where it has a place of its own. */
const FOLLOWED = Uint8Array.from(REFERRED_AT);
FOLLOWED[Kind.DECL_TAG] = 2;

/** The numbers in a key: 24 bits for the id, 24 for the name's place, then the group. */
const SPAN = 2 ** 24;

/**
 * The order in which newer bpftools take types: enums without a name, enums, numbers, structs and unions, prototypes, then all others; by the
 * name of what they are made of, their own name, what they have inside, and their number. The first is passed over.
 *
 * @param dump is called for each type at whose turn something may be written
 * @param isDone whether nothing is left to be written at a type's turn
 */
export function inOrder(tables: Tables, dump: (id: number) => void, isDone: (id: number) => boolean): void {
  const standings = standingsOf(tables);
  const groupOf = (id: number): number => standings.groups[id] ?? NONE;
  const named = sorted(tables, standings, (id) => groupOf(id) < LAST);
  for (const id of named.subarray(1)) dump(id);
  // The first of all is written where something later is made of it. Where there are no others, `void` is the first of these.
  const first = named[0] ?? 0;
  const isFirstLeft = groupOf(first) > 0 && !isDone(first);
  const isLate = (id: number): boolean =>
    groupOf(id) === LAST || (isFirstLeft && groupOf(id) === MADE_OF_NAMED);
  for (const id of sorted(tables, standings, (id) => isLate(id) && !isDone(id))) dump(id);
}

type Standings = {
  /** By type. */
  readonly groups: Uint8Array;
  /** By type: the string offset of the name at which it stands. */
  readonly names: Uint32Array;
};

/** At whose turn nothing is written. */
const NONE = 255;
/** One of the last, made of something with a name: it has nothing to add where that was written. */
const MADE_OF_NAMED = 254;

function standingsOf({ words, starts, kinds, count }: Tables): Standings {
  const groups = new Uint8Array(count).fill(NONE);
  const names = new Uint32Array(count);
  for (let id = 1; id < count; id++) {
    const kind = kinds[id] ?? 0;
    if (kind === Kind.FUNC || kind === Kind.VAR || kind === Kind.DATASEC) continue;
    const start = starts[id] ?? 0;
    let leaf = id;
    let leafKind = kind;
    for (let at = FOLLOWED[kind] ?? 0; at > 0; at = FOLLOWED[leafKind] ?? 0) {
      leaf = words[(starts[leaf] ?? 0) + at] ?? 0;
      leafKind = kinds[leaf] ?? 0;
    }
    const leafName = leafKind === 0 ? 0 : (words[starts[leaf] ?? 0] ?? 0);
    const group = GROUPS[leafKind] ?? LAST;
    names[id] = leafName;
    if (words[start] !== 0 || (leaf === id && group === 2)) groups[id] = group;
    else if (leaf === id && group === 1) {
      groups[id] = 0;
      // At its first enumerator's name.
      if (((words[start + 1] ?? 0) & 0xffffff) > 0) names[id] = words[start + 3] ?? 0;
    } else groups[id] = group === LAST || (leafName === 0 && group > 2) ? LAST : MADE_OF_NAMED;
  }
  return { groups, names };
}

function sorted(
  tables: Tables,
  { groups, names }: Standings,
  isWanted: (id: number) => boolean,
): Uint32Array {
  const ids = new Uint32Array(tables.count);
  let count = 0;
  for (let id = 1; id < tables.count; id++) if (isWanted(id)) ids[count++] = id;
  const places = stringPlaces(tables.strings, names, ids.subarray(0, count));
  const keys = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const id = ids[i] ?? 0;
    keys[i] = (Math.min(LAST, groups[id] ?? 0) * SPAN + (places[i] ?? 0)) * SPAN + id;
  }
  keys.sort();
  for (let i = 0; i < count; i++) ids[i] = (keys[i] ?? 0) % SPAN;
  for (let from = 0; from < count; ) {
    const upper = Math.floor((keys[from] ?? 0) / SPAN);
    let to = from + 1;
    while (to < count && Math.floor((keys[to] ?? 0) / SPAN) === upper) to++;
    if (to - from > 1) sortByContent(tables, ids.subarray(from, to));
    from = to;
  }
  return ids.subarray(0, count);
}

/** Puts types in order that stand at the same name, and have come by their numbers. */
function sortByContent(tables: Tables, ids: Uint32Array): void {
  const { words, starts, kinds } = tables;
  const names = ids.map((id) => words[starts[id] ?? 0] ?? 0);
  const hasOneName = names.every((name) => name === names[0]);
  if (hasOneName && ids.every((id) => kinds[id] === Kind.FUNC_PROTO)) return;
  const places = hasOneName ? names : stringPlaces(tables.strings, names);
  const all = Array.from(ids, (id, i) => ({
    id,
    place: places[i] ?? 0,
    like: kinds[id] === Kind.FUNC_PROTO ? NO_LIKENESS : likenessOf(tables, id),
  }));
  all.sort((a, b) => a.place - b.place || compareLikeness(a.like, b.like) || a.id - b.id);
  for (const [i, { id }] of all.entries()) ids[i] = id;
}
