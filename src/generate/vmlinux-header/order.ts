import type { Btf } from "#formats/btf/btf.ts";
import { Kind } from "#formats/btf/kinds.ts";
import type { Steps } from "./steps.ts";
import { Unwritten } from "./unwritten.ts";

const OPEN = 1;
const DONE = 2;

/**
 * In what order definitions have to stand: what holds others by value after them. A pointer asks nothing of what it points to, but
 * for what has no name, which is written on the spot.
 */
export class Order {
  readonly #btf: Btf;
  readonly #steps: Steps;
  readonly #states: Uint8Array;
  /** By type: 1 where another one uses it. */
  readonly #used: Uint8Array;
  #queue: number[] = [];

  constructor(btf: Btf, used: Uint8Array, steps: Steps) {
    this.#btf = btf;
    this.#steps = steps;
    this.#used = used;
    this.#states = new Uint8Array(btf.typeCount);
    this.#states[0] = DONE;
  }

  /** The types to be defined up to this one, those that were in an earlier list excepted. */
  upTo(id: number): readonly number[] {
    if (this.#states[id] === DONE) return [];
    this.#queue = [];
    this.#visit(id, false);
    return this.#queue;
  }

  /** Whether the type has to be complete where it is used. */
  #visit(id: number, byPointer: boolean): boolean {
    const state = this.#states[id];
    if (state === DONE) return true;
    const btf = this.#btf;
    const kind = btf.kindNumber(id);
    const isNamed = btf.word(id, 0) !== 0;
    if (state === OPEN) {
      const isRecord = kind === Kind.STRUCT || kind === Kind.UNION;
      if (isRecord && byPointer && isNamed) return false;
      throw new Unwritten("types that need each other to be complete");
    }
    switch (kind) {
      case Kind.STRUCT:
      case Kind.UNION:
        return this.#record(id, byPointer, isNamed);
      case Kind.ENUM:
      case Kind.ENUM64:
      case Kind.FWD:
        if (isNamed || this.#used[id] === 0) this.#queue.push(id);
        this.#states[id] = DONE;
        return true;
      case Kind.TYPEDEF: {
        const isStrong = this.#inside(btf.word(id, 8), byPointer);
        if (byPointer && !isStrong) return false;
        this.#queue.push(id);
        this.#states[id] = DONE;
        return true;
      }
      case Kind.PTR: {
        const isStrong = this.#inside(btf.word(id, 8), true);
        this.#states[id] = DONE;
        return isStrong;
      }
      case Kind.ARRAY:
        return this.#inside(btf.word(id, 12), false);
      case Kind.VOLATILE:
      case Kind.CONST:
      case Kind.RESTRICT:
      case Kind.TYPE_TAG:
        return this.#inside(btf.word(id, 8), byPointer);
      case Kind.FUNC_PROTO: {
        let isStrong = this.#inside(btf.word(id, 8), byPointer);
        for (let left = btf.vlen(id), at = 12; left > 0; left--, at += 8) {
          if (this.#inside(btf.word(id, at + 4), byPointer)) isStrong = true;
        }
        return isStrong;
      }
      default:
        this.#states[id] = DONE;
        return false;
    }
  }

  #record(id: number, byPointer: boolean, isNamed: boolean): boolean {
    if (byPointer && isNamed) return false;
    const btf = this.#btf;
    this.#states[id] = OPEN;
    for (let left = btf.vlen(id), at = 12; left > 0; left--, at += 12)
      this.#inside(btf.word(id, at + 4), false);
    if (isNamed) this.#queue.push(id);
    this.#states[id] = DONE;
    return true;
  }

  #inside(id: number, byPointer: boolean): boolean {
    this.#steps.enter();
    const isStrong = this.#visit(id, byPointer);
    this.#steps.leave();
    return isStrong;
  }
}
