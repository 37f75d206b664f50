import type { Block } from "./blocks.ts";
import type { Code } from "./code.ts";
import { WHICH } from "./locals.ts";
import { W } from "./opcodes.ts";
import { type Structure, structureOf } from "./structure.ts";

/** Compiles a block; `goTo` leads to one of the blocks that follow, and never back. */
type EmitBlock = (block: Block, goTo: (next: number) => void) => void;

/** Blocks beyond which nesting them would go too deep for this compiler. */
const MOST_NESTED = 3000;

/** Puts the blocks that are reached from `entry` into WebAssembly's nested ones. Control never leaves them. */
export function emitFlow(code: Code, blocks: readonly Block[], entry: number, emit: EmitBlock): void {
  const structure = structureOf(blocks, entry);
  if (structure.reducible && structure.order.length <= MOST_NESTED) {
    new Nesting(code, blocks, structure, emit).tree(entry);
  } else dispatch(code, blocks, structure.order, emit);
}

const loopLabel = (block: number) => `loop ${block}`;

/** As in "Beyond Relooper": each block follows what it is reached from, or stands behind the one that dominates it. */
class Nesting {
  readonly #code: Code;
  readonly #blocks: readonly Block[];
  readonly #structure: Structure;
  readonly #emit: EmitBlock;

  constructor(code: Code, blocks: readonly Block[], structure: Structure, emit: EmitBlock) {
    this.#code = code;
    this.#blocks = blocks;
    this.#structure = structure;
    this.#emit = emit;
  }

  /** The block and all that it dominates. */
  tree(id: number): void {
    const { dominated, merges, loops } = this.#structure;
    const behind = (dominated.get(id) ?? []).filter((block) => merges.has(block));
    const isLoop = loops.has(id);
    if (isLoop) this.#code.loop(loopLabel(id));
    for (const block of behind.toReversed()) this.#code.block(block);
    const block = this.#blocks[id];
    if (block === undefined) throw new Error(`no block ${id}`);
    this.#emit(block, (next) => this.#goTo(id, next));
    for (const block of behind) {
      this.#code.end(block);
      this.tree(block);
    }
    if (isLoop) this.#code.end(loopLabel(id)).op(W.unreachable);
  }

  #goTo(from: number, to: number): void {
    const { place, merges } = this.#structure;
    if ((place.get(to) ?? 0) <= (place.get(from) ?? 0)) this.#code.branch(loopLabel(to));
    else if (merges.has(to)) this.#code.branch(to);
    else this.tree(to);
  }
}

/** A loop around all blocks that chooses the next one by its number: for loops with several entries. */
function dispatch(code: Code, blocks: readonly Block[], order: readonly number[], emit: EmitBlock): void {
  const place = new Map(order.map((block, i) => [block, i]));
  code.i32(0).set(WHICH);
  code.loop("dispatch");
  for (const block of order.toReversed()) code.block(block);
  code.get(WHICH).branchTable(order);
  for (const id of order) {
    code.end(id);
    const block = blocks[id];
    if (block === undefined) throw new Error(`no block ${id}`);
    emit(block, (next) =>
      code
        .i32(place.get(next) ?? 0)
        .set(WHICH)
        .branch("dispatch"),
    );
  }
  code.end("dispatch");
}
