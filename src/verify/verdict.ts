import type { Command } from "#abi/command.ts";
import type { StreamDifference } from "#abi/stream-diff.ts";
import type { Fault } from "#bpf-vm/fault.ts";
import type { HeldReference, StrayRead } from "#bpf-vm/machine.ts";
import type { BadReference, Failure, Malformed } from "#core/failure.ts";
import type { Result } from "#core/result.ts";
import type { SourceRole } from "#core/verification.ts";
import type { SourceLine } from "#isa/listing.ts";
import type { Emission } from "./emission.ts";

/** What is wrong with a run, with the source line to look at where debug information tells it. */
export type Finding = { readonly source: SourceLine | undefined } & (
  | { readonly kind: "fault"; readonly fault: Fault }
  /** A record or parser context that was not given back. */
  | { readonly kind: "leak"; readonly reference: HeldReference }
  /** A buffer that is no command; `index` is its position in the stream. */
  | {
      readonly kind: "malformed";
      readonly index: number;
      readonly failure: Malformed;
      /** Hexdump of the buffer around the place. */
      readonly emitted: readonly string[];
    }
  /** A read that reaches beyond the image: that it fails here is luck. */
  | { readonly kind: "stray-read"; readonly read: StrayRead }
  /** From the expected stream or its effect; `a` is what was expected. */
  | {
      readonly kind: "difference";
      readonly difference: StreamDifference;
      /** What `source` is to it. */
      readonly sourceIs: SourceRole;
    }
  /** A command after one that the kernel had refused; `index` is the position of the later one. */
  | { readonly kind: "went-on"; readonly index: number }
  /** Nothing can be compared with what the reference says. */
  | { readonly kind: "bad-reference"; readonly failure: BadReference }
);

/** One run of a subject over an image. */
export type Verdict = {
  /** None: the run is as it should be. */
  readonly findings: readonly Finding[];
  /** The stream that should come without a fault injected; a failure says why none should. */
  readonly expected: Result<readonly Command[], Failure>;
  readonly emission: Emission;
};
