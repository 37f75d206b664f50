import { Kind } from "#formats/btf/kinds.ts";
import type { Steps } from "./steps.ts";
import type { Tables } from "./tables.ts";
import { Unwritten } from "./unwritten.ts";

const OPEN = 1;
const DONE = 2;

/**
 * In what order definitions have to stand: what holds others by value after them. A pointer asks nothing of what it points to, but
 * for what has no name, which is written on the spot.
 */
export class Order {
  readonly #tables: Tables;
  readonly #steps: Steps;
  readonly #states: Uint8Array;
  /** By type: 1 where another one uses it. */
  readonly #used: Uint8Array;
  #queue: number[] = [];

  constructor(tables: Tables, used: Uint8Array, steps: Steps) {
    this.#tables = tables;
    this.#steps = steps;
    this.#used = used;
    this.#states = new Uint8Array(tables.count);
    this.#states[0] = DONE;
  }

  /** The types to be defined up to this one, those that were in an earlier list excepted. */
  upTo(id: number): readonly number[] {
    if (this.#queue.length > 0) this.#queue = [];
    this.#visit(id, false);
    return this.#queue;
  }

  /** Whether nothing is left to be defined up to this type. */
  isDone(id: number): boolean {
    return this.#states[id] === DONE;
  }

  /** Whether the type has to be complete where it is used. */
  #visit(id: number, byPointer: boolean): boolean {
    const state = this.#states[id];
    if (state === DONE) return true;
    const { words, starts, kinds } = this.#tables;
    const kind = kinds[id];
    const start = starts[id] ?? 0;
    switch (kind) {
      case Kind.STRUCT:
      case Kind.UNION:
        if (byPointer && words[start] !== 0) return false;
        if (state === OPEN) throw new Unwritten("types that need each other to be complete");
        this.#record(id, start);
        return true;
      case Kind.ENUM:
      case Kind.ENUM64:
      case Kind.FWD:
        if (words[start] !== 0 || this.#used[id] === 0) this.#queue.push(id);
        this.#states[id] = DONE;
        return true;
      case Kind.TYPEDEF:
        if (!this.#inside(words[start + 2] ?? 0, byPointer) && byPointer) return false;
        this.#queue.push(id);
        this.#states[id] = DONE;
        return true;
      case Kind.PTR: {
        const isStrong = this.#inside(words[start + 2] ?? 0, true);
        this.#states[id] = DONE;
        return isStrong;
      }
      case Kind.ARRAY:
        return this.#inside(words[start + 3] ?? 0, false);
      case Kind.VOLATILE:
      case Kind.CONST:
      case Kind.RESTRICT:
      case Kind.TYPE_TAG:
        return this.#inside(words[start + 2] ?? 0, byPointer);
      case Kind.FUNC_PROTO: {
        let isStrong = this.#inside(words[start + 2] ?? 0, byPointer);
        for (let left = (words[start + 1] ?? 0) & 0xffffff, at = start + 4; left > 0; left--, at += 2) {
          if (this.#inside(words[at] ?? 0, byPointer)) isStrong = true;
        }
        return isStrong;
      }
      default:
        this.#states[id] = DONE;
        return false;
    }
  }

  #record(id: number, start: number): void {
    const { words } = this.#tables;
    this.#states[id] = OPEN;
    for (let left = (words[start + 1] ?? 0) & 0xffffff, at = start + 4; left > 0; left--, at += 3) {
      this.#inside(words[at] ?? 0, false);
    }
    if (words[start] !== 0) this.#queue.push(id);
    this.#states[id] = DONE;
  }

  #inside(id: number, byPointer: boolean): boolean {
    if (this.#states[id] === DONE) return true;
    this.#steps.enter();
    const isStrong = this.#visit(id, byPointer);
    this.#steps.leave();
    return isStrong;
  }
}
