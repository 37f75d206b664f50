import { Kind } from "#formats/btf/kinds.ts";
import { compareLikeness, type Likeness, likenessOf } from "./likeness.ts";
import { placesOf } from "./string-order.ts";
import { REFERENCE, type Tables } from "./tables.ts";

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

/** The numbers in a key: 24 bits for the id, 21 for the name's place, then the group. */
const ID = 2 ** 24;
const PLACE = 2 ** 21;

/**
 * Types in the order in which newer bpftools take them: enums without a name, enums, numbers, structs and unions, prototypes, then all others; by
 * the name of what they are made of, their own name, what they have inside, and their number. `void` has a turn, too. The first
 * turn is passed over.
 */
export function sortedTypes(tables: Tables): readonly number[] {
  const turns = turnsOf(tables);
  const names = new Uint32Array(turns.map(({ sortName }) => sortName).concat(turns.map(({ own }) => own)));
  const places = placesOf(tables.strings, new Uint32Array(new Set(names)));
  const placeOf = (name: number): number => places.get(name) ?? 0;
  const keys = Float64Array.from(
    turns,
    ({ id, group, sortName }) => (group * PLACE + placeOf(sortName)) * ID + id,
  );
  keys.sort();
  const ids = Array.from(keys, (key) => key % ID);
  const { words, starts, kinds } = tables;
  const own = (id: number): number => (kinds[id] === 0 ? 0 : placeOf(words[starts[id] ?? 0] ?? 0));
  for (let from = 0; from < keys.length; ) {
    const upper = Math.floor((keys[from] ?? 0) / ID);
    let to = from + 1;
    while (to < keys.length && Math.floor((keys[to] ?? 0) / ID) === upper) to++;
    if (to - from > 1) sortTies(tables, ids, from, to, own);
    from = to;
  }
  return ids.slice(1);
}

type Turn = { readonly id: number; readonly group: number; readonly sortName: number; readonly own: number };

/** Those at whose turn something may be written, or before which the first could be. */
function turnsOf({ words, starts, kinds, count }: Tables): readonly Turn[] {
  const turns: Turn[] = [{ id: 0, group: LAST, sortName: 0, own: 0 }];
  for (let id = 1; id < count; id++) {
    const kind = kinds[id] ?? 0;
    if (kind === Kind.FUNC || kind === Kind.VAR || kind === Kind.DATASEC) continue;
    const own = words[starts[id] ?? 0] ?? 0;
    let leaf = id;
    for (let at = followed(kind); at > 0; at = followed(kinds[leaf] ?? 0))
      leaf = words[(starts[leaf] ?? 0) + at] ?? 0;
    const leafKind = kinds[leaf] ?? 0;
    const leafName = leafKind === 0 ? 0 : (words[starts[leaf] ?? 0] ?? 0);
    const isEnum = leafKind === Kind.ENUM || leafKind === Kind.ENUM64;
    if (own !== 0) turns.push({ id, group: GROUPS[leafKind] ?? LAST, sortName: leafName, own });
    else if (leaf === id && isEnum) {
      // At its first enumerator's name.
      const isEmpty = ((words[(starts[id] ?? 0) + 1] ?? 0) & 0xffffff) === 0;
      turns.push({ id, group: 0, sortName: isEmpty ? 0 : (words[(starts[id] ?? 0) + 3] ?? 0), own });
    } else if (leaf === id && GROUPS[leafKind] === 2) turns.push({ id, group: 2, sortName: 0, own });
    // What is made of something with a name has nothing to add to it.
    else if (GROUPS[leafKind] === LAST || (leafName === 0 && !isEnum)) {
      turns.push({ id, group: LAST, sortName: leafName, own });
    }
  }
  return turns;
}

/** Where the type stands in a record at whose place the record is put; 0 where it has a place of its own. */
function followed(kind: number): number {
  return kind === Kind.DECL_TAG ? 2 : (REFERENCE[kind] ?? 0);
}

const NOTHING: Likeness = { high: 0, low: 0 };

function sortTies(
  tables: Tables,
  ids: number[],
  from: number,
  to: number,
  own: (id: number) => number,
): void {
  const isPlain = (id: number): boolean => tables.kinds[id] === Kind.FUNC_PROTO || tables.kinds[id] === 0;
  const ties = ids.slice(from, to).map((id) => ({
    id,
    own: own(id),
    like: isPlain(id) ? NOTHING : likenessOf(tables, id),
  }));
  // Most are prototypes without anything to compare, in their order already.
  const rest = ties.filter((tie) => tie.own !== 0 || tie.like.high !== 0 || tie.like.low !== 0);
  rest.sort((a, b) => a.own - b.own || compareLikeness(a.like, b.like) || a.id - b.id);
  const first = ties.filter((tie) => tie.own === 0 && tie.like.high === 0 && tie.like.low === 0);
  let at = from;
  for (const { id } of first) ids[at++] = id;
  for (const { id } of rest) ids[at++] = id;
}
