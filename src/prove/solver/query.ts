import type { Bits, Truth } from "#prove/terms/term.ts";

/** A question: can all of these be true at once? */
export type Query = readonly Truth[];

/** An example in which they are. What it does not name may be anything. */
export type Model = {
  readonly variables: ReadonlyMap<string, bigint>;
  /** Bytes of each memory, by their addresses. */
  readonly bytes: ReadonlyMap<string, ReadonlyMap<bigint, bigint>>;
};

export type Answer =
  | { readonly verdict: "sat"; readonly model: Model }
  | { readonly verdict: "unsat" }
  /** Time ran out, or the solver gave up. */
  | { readonly verdict: "unknown" };

/** The same with every byte a variable of its own: a query as solvers get it. */
export type FreeQuery = {
  readonly assertions: Query;
  readonly leaves: readonly Bits[];
  /** The answer that is expected, for the script to tell. */
  readonly status?: Answer["verdict"];
};

export type FreeAnswer =
  | { readonly verdict: "sat"; readonly values: ReadonlyMap<Bits, bigint> }
  | { readonly verdict: "unsat" | "unknown" };
