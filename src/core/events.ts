import type { Failure } from "./failure.ts";

/**
 * What happens while work is under way. Producers push plain records into an `EventSink`;
 * `report/` decides what a terminal, a log or a machine gets to see of them.
 */
export type Event =
  /** A plain statement that the user should read: which ABI was used and why, which input was chosen. */
  | { readonly kind: "note"; readonly text: string }
  /** Something that works but should not stay so. */
  | { readonly kind: "warning"; readonly text: string }
  /** A rule starts. `label` and `output` make the quiet line `  CLANG    zboot_parser_bpf.o`. */
  | {
      readonly kind: "step";
      readonly label: string;
      readonly output: string;
      /** The command, or the sentence that stands for it where the work is done in-process. */
      readonly command: string;
    }
  /** A rule is over that began then (`performance.now()`): for people who ask where the time goes. */
  | {
      readonly kind: "span";
      readonly label: string;
      readonly name: string;
      /** The output folder. */
      readonly folder: string;
      readonly began: number;
      /** `shared`: another folder of this run had made the same; `cached`: a cache had it. */
      readonly how: "ran" | "shared" | "cached" | "up to date";
      /** A line each; none where it is up to date. */
      readonly why: readonly string[];
    }
  /** What a tool that succeeded still wrote to stderr. */
  | { readonly kind: "tool-log"; readonly tool: string; readonly text: string }
  /** How far work is that takes long: `done` of `total` have begun, and `what` is under way. */
  | { readonly kind: "progress"; readonly what: string; readonly done: number; readonly total: number }
  /** What was under way is over; other work follows, which does not say how far it is. */
  | { readonly kind: "progress-end" }
  /** One of several things went wrong; the others go on. */
  | { readonly kind: "failure"; readonly failure: Failure }
  /** A file or folder, absolute, that the result depends on. */
  | { readonly kind: "input"; readonly file: string }
  /** How far a fuzzing campaign is, several times a second. */
  | ({ readonly kind: "campaign" } & CampaignProgress);

export type CampaignProgress = {
  readonly cases: number;
  readonly milliseconds: number;
  /** Directions of conditional jumps. */
  readonly branches: { readonly reached: number; readonly all: number };
  readonly queue: number;
  readonly findings: number;
};

export type EventSink = (event: Event) => void;
