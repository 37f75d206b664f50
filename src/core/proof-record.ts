import type { SourcePlace } from "./coverage.ts";
import type { ErrorRecord, FindingRecord, ParserRecord } from "./verification.ts";

/** What `kexec-bpf prove` finds, as plain data and as the JSON that machines get (docs/proof.md): what is absent is `null`. */
export type ProofRecord = {
  readonly schema: 1;
  /** Of the formulation that streams are held against. */
  readonly specification: string;
  /** Null where nothing came to a solver. */
  readonly solver: { readonly name: string; readonly version: string } | null;
  readonly programs: readonly ProgramRecord[];
  /** What could not be proven or refuted, because it cannot be read, compiled or loaded. */
  readonly errors: readonly ErrorRecord[];
};

export type ProgramRecord = {
  readonly parser: ParserRecord;
  /** The section or function that it is, among a file's programs. */
  readonly program: string;
  /** `whole`: it sends what is specified, and is safe. `safety`: it is safe, whatever its format may be. */
  readonly theorem: "whole" | "safety";
  readonly proven: boolean;
  readonly obligations: readonly ObligationRecord[];
  /** Obligations that were not shown. */
  readonly open: readonly OpenRecord[];
  /** Instructions that the prover has no meaning for. */
  readonly gaps: readonly {
    readonly detail: string;
    readonly instruction: number;
    readonly source: SourcePlace | null;
  }[];
  /** Null where an obligation is open. */
  readonly paths: PathRecord | null;
  /** Paths on which the virtual machine goes another way: a bug of one of the two. By the first instruction that differs. */
  readonly divergences: readonly { readonly instruction: number; readonly source: SourcePlace | null }[];
  /** Instructions that no run can come to. */
  readonly unreachable: readonly { readonly instruction: number; readonly source: SourcePlace | null }[];
  /** Questions put to the solver. */
  readonly queries: number;
  readonly seconds: number;
};

export type ObligationRecord = {
  readonly kind: string;
  /** Shown by calculation alone, and by the solver. */
  readonly calculated: number;
  readonly solved: number;
};

/** All ways through a program, and through one turn of its loops. */
export type PathRecord = {
  /** Possible: an image is known that the virtual machine takes the same way. */
  readonly confirmed: number;
  /** Of them, those that hand over all that is specified, and those that send nothing. */
  readonly sending: number;
  readonly refusing: number;
  readonly impossible: number;
  /** Possible where the kernel's context says what the virtual machine's does not: not run. */
  readonly elsewhere: number;
  readonly undecided: number;
};

/** Obligations of one kind at one instruction, on one path or several. */
export type OpenRecord = {
  readonly kind: string;
  /** On how many paths. */
  readonly count: number;
  readonly detail: string;
  readonly instruction: number;
  readonly source: SourcePlace | null;
  /**
   * `refuted`: a run shows that it does not hold. `unconfirmed`: the solver says that it does not hold, and no run was found that
   * shows it. `undecided`: the solver had not enough time.
   */
  readonly status: "refuted" | "unconfirmed" | "undecided";
  readonly counterexample: CounterexampleRecord | null;
};

export type CounterexampleRecord = {
  /** Of the image, among those of the proof. */
  readonly name: string;
  /** Where it was written; null without `--counterexamples`. */
  readonly file: string | null;
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
  /** What was denied in the run, in words and as corpus cases have it. */
  readonly run: string;
  readonly injection: Readonly<Record<string, unknown>> | null;
  /** What is wrong with the run, as `verify` says it. */
  readonly findings: readonly FindingRecord[];
};
