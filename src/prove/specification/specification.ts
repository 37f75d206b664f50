import type { PerPart } from "#abi/parts.ts";
import type { Bits, Truth } from "#prove/terms/term.ts";

/**
 * What a correct parser does, as terms over the image: the third formulation of docs/spec.md, after the templates and the reference
 * parsers. All numbers are 64 bits wide.
 */
export type Specification = {
  readonly search?: Search;
  /** @param found what the search has come to; of no meaning where it does not begin */
  readonly outcome: (found: SearchState) => SpecifiedOutcome;
};

/** Named numbers. */
export type SearchState = ReadonlyMap<string, Bits>;

/** A walk through a table of the image, one entry a turn. */
export type Search = {
  /** Whether the image is one whose table is searched. */
  readonly begins: Truth;
  /** Entries, if nothing ends it before. */
  readonly turns: Bits;
  /** The widths of its numbers, in bits. */
  readonly shape: ReadonlyMap<string, number>;
  readonly initially: SearchState;
  /** @param index from 0 */
  readonly turn: (state: SearchState, index: Bits) => { readonly state: SearchState; readonly ends: Truth };
  /** The table in the image, which a search that begins has found to lie inside it. */
  readonly table: Table;
  /** What is true of every state that it comes to. */
  readonly facts: (state: SearchState) => readonly Truth[];
  /** How the parser of the templates keeps it: values of members of its `struct scratch`. */
  readonly cells: (state: SearchState) => ReadonlyMap<string, Bits>;
  readonly ordinary: OrdinaryImages;
};

/** Images among which examples are looked for first: with tables at known places, a solver finds them quickly. */
export type OrdinaryImages = {
  /** What bytes of the image are. */
  readonly bytes: readonly Truth[];
  /** What the search may come to, by some of its numbers. */
  readonly outcomes: readonly SearchState[];
};

export type Table = {
  readonly offset: Bits;
  /** Those that are skipped at its beginning included. */
  readonly entries: Bits;
  readonly skipped: number;
  /** Bytes of one. */
  readonly entrySize: number;
};

export type SpecifiedOutcome = {
  /** Whether the image is for the parser, and whole. What its records have room for is not asked here. */
  readonly accepted: Truth;
  readonly parts: PerPart<SpecifiedPart>;
};

export type SpecifiedPart = {
  readonly command: "DECOMPRESS" | "COPY";
  readonly fill: boolean;
  /** Where its bytes are. */
  readonly offset: Bits;
  readonly size: Bits;
  /** Whether the image has it: an empty one counts for the command line alone. */
  readonly present: Truth;
};

/** A number of the state. */
export function valueIn(state: SearchState, name: string): Bits {
  const value = state.get(name);
  if (value === undefined) throw new Error(`the search has no ${name}`);
  return value;
}
