import type { Btf } from "#formats/btf/btf.ts";
import { Kind } from "#formats/btf/kinds.ts";
import { likenessOf } from "./likeness.ts";
import { placesOf } from "./string-order.ts";

/** The group of what has no name, and of what no other group takes. */
const LAST = 5;

/** Kinds that stand where the type stands that they are made of. */
const FOLLOWED = new Uint8Array(128);
for (const kind of [Kind.PTR, Kind.TYPEDEF, Kind.VOLATILE, Kind.CONST, Kind.RESTRICT, Kind.TYPE_TAG])
  FOLLOWED[kind] = 8;
FOLLOWED[Kind.DECL_TAG] = 8;
FOLLOWED[Kind.ARRAY] = 12;

/** Kinds of which nothing is written at their turn. */
const SILENT: ReadonlySet<number> = new Set([Kind.FUNC, Kind.VAR, Kind.DATASEC]);

/**
 * Types in the order in which newer bpftools take them: enums without a name, enums, numbers, structs and unions, prototypes, then all others; by
 * the name of what they are made of, their own name, and what they have inside. `void` has a turn, too; the first turn is
 * passed over.
 */
export function sortedTypes(btf: Btf): Iterable<number> {
  const ids: number[] = [0];
  for (let id = 1; id < btf.typeCount; id++) if (!SILENT.has(btf.kindNumber(id))) ids.push(id);
  const leaves = leavesOf(btf);
  const sortNames = Uint32Array.from(ids, (id) => sortNameOf(btf, id, leaves[id] ?? 0));
  const ownNames = Uint32Array.from(ids, (id) => nameOf(btf, id));
  const places = placesOf(btf, Uint32Array.from(new Set([...sortNames, ...ownNames])));
  // Group, place of the name and number in one: 3, 20 and 24 bits.
  const keys = Float64Array.from(ids, (id, i) => {
    const place = places.get(sortNames[i] ?? 0) ?? 0;
    return (groupOf(btf, id, leaves[id] ?? 0) * 2 ** 21 + place) * 2 ** 24 + i;
  });
  keys.sort();
  const sorted = Array.from(keys, (key) => key % 2 ** 24);
  const own = (index: number): number => places.get(ownNames[index] ?? 0) ?? 0;
  for (let from = 0; from < keys.length; ) {
    const upper = Math.floor((keys[from] ?? 0) / 2 ** 24);
    let to = from + 1;
    while (to < keys.length && Math.floor((keys[to] ?? 0) / 2 ** 24) === upper) to++;
    if (to - from > 1) sortTies(btf, sorted, { from, to }, ids, own);
    from = to;
  }
  return sorted.slice(1).map((index) => ids[index] ?? 0);
}

function sortTies(
  btf: Btf,
  sorted: number[],
  { from, to }: { readonly from: number; readonly to: number },
  ids: readonly number[],
  own: (index: number) => number,
): void {
  const ties = sorted
    .slice(from, to)
    .map((index) => ({ index, own: own(index), like: likenessOf(btf, ids[index] ?? 0) }));
  ties.sort((a, b) => a.own - b.own || (a.like < b.like ? -1 : a.like > b.like ? 1 : a.index - b.index));
  for (const [i, { index }] of ties.entries()) sorted[from + i] = index;
}

/** By type: what it is made of in the end. */
function leavesOf(btf: Btf): Uint32Array {
  const leaves = new Uint32Array(btf.typeCount);
  for (let start = 1; start < btf.typeCount; start++) {
    let leaf = start;
    for (let at = FOLLOWED[btf.kindNumber(leaf)] ?? 0; at > 0; at = FOLLOWED[btf.kindNumber(leaf)] ?? 0) {
      leaf = btf.word(leaf, at);
    }
    leaves[start] = leaf;
  }
  return leaves;
}

function nameOf(btf: Btf, id: number): number {
  return id === 0 ? 0 : btf.word(id, 0);
}

/** An enum without a name stands at its first enumerator's. */
function sortNameOf(btf: Btf, id: number, leaf: number): number {
  const name = nameOf(btf, leaf);
  const kind = btf.kindNumber(leaf);
  const isEnum = kind === Kind.ENUM || kind === Kind.ENUM64;
  return name === 0 && leaf === id && isEnum && btf.vlen(id) > 0 ? btf.word(id, 12) : name;
}

function groupOf(btf: Btf, id: number, leaf: number): number {
  const isNamed = nameOf(btf, id) !== 0;
  if (!isNamed && id !== leaf) return LAST;
  switch (btf.kindNumber(leaf)) {
    case Kind.ENUM:
    case Kind.ENUM64:
      return isNamed ? 1 : 0;
    case Kind.INT:
    case Kind.FLOAT:
      return 2;
    case Kind.STRUCT:
    case Kind.UNION:
      return isNamed ? 3 : LAST;
    case Kind.FUNC_PROTO:
      return isNamed ? 4 : LAST;
    default:
      return LAST;
  }
}
