import type { Block } from "./blocks.ts";

/** The blocks that one function reaches, and how they can be nested. */
export type Structure = {
  /** In reverse postorder: a block comes before all that it only leads forward to. */
  readonly order: readonly number[];
  /** Of each block, its place in `order`. */
  readonly place: ReadonlyMap<number, number>;
  /** Of each block, the blocks that it immediately dominates, in order. */
  readonly dominated: ReadonlyMap<number, readonly number[]>;
  /** Blocks that several jumps lead forward to. */
  readonly merges: ReadonlySet<number>;
  /** Blocks that a jump leads back to. */
  readonly loops: ReadonlySet<number>;
  /** Whether every jump back goes to a block that dominates its own: loops with one entry. */
  readonly reducible: boolean;
};

/**
 * Control flow as the translation to nested blocks needs it. Sources: Ramsey, "Beyond Relooper", ICFP 2022;
 * Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm", 2001.
 */
export function structureOf(blocks: readonly Block[], entry: number): Structure {
  const order = reversePostorder(blocks, entry);
  const place = new Map(order.map((block, i) => [block, i]));
  const edges = order.flatMap((block, from) =>
    (blocks[block]?.next ?? []).map((target) => ({ from, to: place.get(target) ?? 0 })),
  );
  const dominators = immediateDominators(order.length, edges);
  const dominates = (above: number, below: number) => {
    let at = below;
    while (at > above) at = dominators[at] ?? 0;
    return at === above;
  };
  const forward = new Int32Array(order.length);
  const loops = new Set<number>();
  let reducible = true;
  for (const { from, to } of edges) {
    if (to > from) forward[to] = (forward[to] ?? 0) + 1;
    else {
      loops.add(order[to] ?? 0);
      reducible &&= dominates(to, from);
    }
  }
  const dominated = new Map<number, number[]>(order.map((block) => [block, []]));
  for (let i = 1; i < order.length; i++) {
    dominated.get(order[dominators[i] ?? 0] ?? 0)?.push(order[i] ?? 0);
  }
  const merges = new Set(order.filter((_, i) => (forward[i] ?? 0) > 1));
  return { order, place, dominated, merges, loops, reducible };
}

function reversePostorder(blocks: readonly Block[], entry: number): number[] {
  const seen = new Set([entry]);
  const done: number[] = [];
  // The blocks on the way from the entry, each with its followers not yet looked at.
  const path = [{ block: entry, rest: [...(blocks[entry]?.next ?? [])] }];
  for (let last = path.at(-1); last !== undefined; last = path.at(-1)) {
    const next = last.rest.shift();
    if (next === undefined) {
      done.push(last.block);
      path.pop();
    } else if (!seen.has(next)) {
      seen.add(next);
      path.push({ block: next, rest: [...(blocks[next]?.next ?? [])] });
    }
  }
  return done.reverse();
}

/** Of each place in reverse postorder, the place of its immediate dominator. */
function immediateDominators(
  count: number,
  edges: readonly { readonly from: number; readonly to: number }[],
): Int32Array {
  const before: number[][] = Array.from({ length: count }, () => []);
  for (const { from, to } of edges) before[to]?.push(from);
  const dominators = new Int32Array(count).fill(-1);
  dominators[0] = 0;
  const common = (one: number, other: number) => {
    let [a, b] = [one, other];
    while (a !== b) {
      if (a > b) a = dominators[a] ?? 0;
      else b = dominators[b] ?? 0;
    }
    return a;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = 1; i < count; i++) {
      const known = before[i]?.filter((from) => (dominators[from] ?? -1) >= 0) ?? [];
      const [first = 0, ...others] = known;
      const found = others.reduce(common, first);
      if (dominators[i] === found) continue;
      dominators[i] = found;
      changed = true;
    }
  }
  return dominators;
}
