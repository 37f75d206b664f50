import type { Truth } from "#prove/terms/term.ts";
import type { PathState } from "./state.ts";

/** What has to be shown at an instruction. */
export type ObligationKind =
  /** A load or store lies within its memory, and what is loaded was written before. */
  | "access"
  /** A probe_read reads no byte outside the image. */
  | "image-read"
  /** A helper gets what it asks for. */
  | "argument"
  /** What a program takes it gives back, once. */
  | "give-back"
  /** A program sends what is specified, and nothing else. */
  | "stream"
  /** The search through a table begins as specified. */
  | "loop-start"
  /** Each turn does what the specification's turn does. */
  | "loop-turn"
  /** What the specification's turns keep true. */
  | "fact";

export type Obligation = {
  readonly kind: ObligationKind;
  readonly detail: string;
  /** What must hold wherever the state's conditions do. */
  readonly claim: Truth;
  readonly state: PathState;
};

/** An instruction that the executor has no meaning for: nothing is proven of what comes after it. */
export type Gap = { readonly slot: number; readonly detail: string };
