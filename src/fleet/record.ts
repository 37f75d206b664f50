import type { PerPart } from "#abi/parts.ts";

/** What came of one kernel, as reports have it: what is absent is null. */
export type KernelRecord = {
  readonly name: string;
  /** `left`: nothing has come of it yet. */
  readonly state: "built" | "failed" | "left";
  /** With the outputs, relative to the report. */
  readonly folder: string;
  readonly arch: string | null;
  readonly abi: { readonly revision: string; readonly source: string } | null;
  /** Bytes. */
  readonly sizes: (PerPart<number> & { readonly image: number }) | null;
  readonly parsers: readonly ParserOutcome[];
  readonly verification: ImagesOutcome | null;
  /** Why it failed, in words and as a tag. */
  readonly failure: { readonly reason: string; readonly message: string } | null;
  readonly warnings: readonly string[];
  /** From the first look at it to the last output. */
  readonly milliseconds: number;
  /** Rules by how they came about. */
  readonly work: WorkCounts;
};

export type WorkCounts = {
  readonly ran: number;
  readonly shared: number;
  readonly cached: number;
  readonly upToDate: number;
};

export type ParserOutcome = {
  /** `zboot`. */
  readonly target: string;
  /** Its container in the kernel's folder. */
  readonly file: string;
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  /** Whether it loads, and how many instructions its program has; null where that was not asked. */
  readonly loads: boolean | null;
  readonly instructions: number | null;
  /** On the images: null where there were none for it. */
  readonly verdict: "passed" | "failed" | null;
  /** What a real kernel's verifier processed, by a report of kernel-test; null where none tells. */
  readonly verifierInstructions: number | null;
  /** A proof for all images; null where none was asked for. */
  readonly proven: boolean | null;
};

export type ImagesOutcome = {
  readonly passed: boolean;
  readonly images: number;
  /** A line each. */
  readonly findings: readonly string[];
};

export const NO_WORK: WorkCounts = { ran: 0, shared: 0, cached: 0, upToDate: 0 };

/** A kernel that nobody has built yet. */
export function leftRecord(name: string): KernelRecord {
  return {
    name,
    state: "left",
    folder: name,
    arch: null,
    abi: null,
    sizes: null,
    parsers: [],
    verification: null,
    failure: null,
    warnings: [],
    milliseconds: 0,
    work: NO_WORK,
  };
}

/** Whether all that was asked for came out well. */
export function isGood({ state, verification, parsers }: KernelRecord): boolean {
  return state === "built" && verification?.passed !== false && parsers.every(({ loads }) => loads !== false);
}
