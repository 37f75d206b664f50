import { anyState } from "#prove/induction/loop.ts";
import type { PathState } from "#prove/machine/state.ts";
import type { Model, Query } from "#prove/solver/query.ts";
import type { Search } from "#prove/specification/specification.ts";
import { bits64 } from "#prove/terms/bits.ts";
import { type Assignment, Evaluation } from "#prove/terms/evaluate.ts";
import {
  CONTEXT,
  errnoInMachine,
  IMAGE,
  IMAGE_SIZE,
  initialName,
  loopVariable,
  momentName,
} from "#prove/terms/names.ts";

/** The most turns that are made in an image: what a path asks for does not take more. */
const MOST_TURNS = 256;

/** Thrown where a term speaks of something that an image does not settle. */
class Unsettled extends Error {}

/** An image, without spelling out the bytes of a large one. */
export type SparseImage = {
  readonly size: number;
  /** 0 to 255; 0 outside. */
  readonly byte: (at: bigint) => number;
  readonly bytes: () => Uint8Array;
};

/** The image of an example: zero where the example says nothing. */
export function modelImage({ variables, bytes }: Model): SparseImage {
  const known = bytes.get(IMAGE) ?? new Map<bigint, bigint>();
  const size = Number(variables.get(IMAGE_SIZE) ?? 0n);
  return {
    size,
    byte: (at) => Number(known.get(at) ?? 0n),
    bytes: () => {
      const image = new Uint8Array(size);
      for (const [at, value] of known) if (at < BigInt(size)) image[Number(at)] = Number(value);
      return image;
    },
  };
}

export function wholeImage(bytes: Uint8Array): SparseImage {
  return { size: bytes.length, byte: (at) => bytes[Number(at)] ?? 0, bytes: () => bytes };
}

/** How an image is one of a path: in which turn of the search what the path tells of happens. */
export type Fit = { readonly image: SparseImage; readonly turn: number | undefined };

/** The loop of which a path tells a single turn. */
export function loopLookedInto({ turnOf, loops }: PathState): string | undefined {
  return turnOf ?? loops.find(({ kind }) => kind === "denied")?.loop;
}

type Values = ReadonlyMap<string, bigint>;

/**
 * An image, tried on paths: what a path asks of it is calculated, and the search that the specification makes is made in it. So a
 * solver is asked for few of the images that paths need.
 */
export class TriedImage {
  readonly #image: SparseImage;
  /** The search's states before each of its turns. */
  readonly #turns: Values[] = [];
  #last: Values | undefined;
  /** One for what does not speak of a turn, and one for each turn. */
  readonly #evaluations = new Map<number | undefined, Evaluation>();

  constructor(image: SparseImage, search: Search | undefined) {
    this.#image = image;
    if (search !== undefined) this.#walk(search);
  }

  /** The search in the image, where it begins. */
  #walk(search: Search): void {
    const plain = this.#evaluation(undefined);
    if (!plain.holds(search.begins)) return;
    const turns = Number(plain.bits(search.turns));
    if (turns > MOST_TURNS) return;
    const before = anyState(search, momentName("loop 0", "before"));
    let state: Values = new Map([...search.initially].map(([name, value]) => [name, plain.bits(value)]));
    for (let index = 0; index < turns; index++) {
      this.#turns.push(state);
      const turn = search.turn(before, bits64(index));
      const evaluation = this.#evaluation(index);
      state = new Map([...turn.state].map(([name, value]) => [name, evaluation.bits(value)]));
      if (evaluation.holds(turn.ends)) break;
    }
    this.#last = state;
    // What spoke of the state after was not settled yet.
    this.#evaluations.delete(undefined);
  }

  /** How the image is one of a path, with what else is asked of it; undefined where it is not, or that cannot be said. */
  fits(state: PathState, more: Query): Fit | undefined {
    const loop = loopLookedInto(state);
    const conditions = [...more, ...state.conditions];
    const image = this.#image;
    if (loop === undefined)
      return this.#holds(conditions, undefined) ? { image, turn: undefined } : undefined;
    const turn = this.#turns.findIndex((_, index) => this.#holds(conditions, index));
    return turn < 0 ? undefined : { image, turn };
  }

  #holds(conditions: Query, turn: number | undefined): boolean {
    const evaluation = this.#evaluation(turn);
    try {
      return conditions.every((one) => evaluation.holds(one));
    } catch (error) {
      if (error instanceof Unsettled) return false;
      throw error;
    }
  }

  #evaluation(turn: number | undefined): Evaluation {
    const made = this.#evaluations.get(turn) ?? new Evaluation(this.#assignment(turn));
    this.#evaluations.set(turn, made);
    return made;
  }

  #assignment(turn: number | undefined): Assignment {
    return {
      variable: (name, width) => this.#variable(name, width, turn),
      byte: (memory, at) => {
        if (memory === IMAGE) return BigInt(this.#image.byte(at));
        return memory === initialName(CONTEXT) ? 0n : unsettled();
      },
    };
  }

  #variable(name: string, width: number, turn: number | undefined): bigint {
    if (name === IMAGE_SIZE) return BigInt(this.#image.size);
    const errno = errnoInMachine(name);
    if (errno !== undefined) return BigInt.asUintN(width, BigInt(-errno));
    const known = loopVariable(name);
    if (known === undefined) return unsettled();
    if (known.kind === "turn") return turn === undefined ? unsettled() : BigInt(turn);
    const state = known.kind === "after" ? this.#last : this.#turns[turn ?? -1];
    return state?.get(known.member) ?? unsettled();
  }
}

function unsettled(): never {
  throw new Unsettled();
}
