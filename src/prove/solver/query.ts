import type { Bits, Truth } from "#prove/terms/term.ts";

/** A question to a solver: can all of these be true at once? */
export type Query = {
  readonly assertions: readonly Truth[];
  /** What is to be known of an example. */
  readonly values: readonly Bits[];
};

export type Answer =
  | { readonly verdict: "sat"; readonly values: ReadonlyMap<Bits, bigint> }
  | { readonly verdict: "unsat" }
  /** Time ran out, or the solver gave up. */
  | { readonly verdict: "unknown" };
