import { join } from "node:path";
import type { Stamp } from "#files/stamp.ts";

/** Folder for what is private to the build, inside the output folder. */
export const PRIVATE = ".kexec-bpf";

/** Raised whenever the meaning of the stored state changes. */
export const STATE_VERSION = 2;

export type RuleState = {
  readonly fingerprint: string;
  /** SHA-256 of each output when the rule had run. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Inputs that only showed while working, with their SHA-256. */
  readonly found: Readonly<Record<string, string>>;
};

/** A request that was carried out: while all stamps hold there is nothing to do for it. */
export type RequestState = {
  readonly stamps: Readonly<Record<string, Stamp>>;
  /** What to print for it, on stdout. */
  readonly summary: string;
};

/** What is remembered between runs, in `<out>/.kexec-bpf/state.json`. Losing it costs time only. */
export type State = {
  readonly version: number;
  rules: Record<string, RuleState>;
  /** Content digests by absolute path, valid while the stamp holds. */
  digests: Record<string, { readonly stamp: Stamp; readonly digest: string }>;
  /** Costly facts about files, valid while the stamp holds. */
  facts: Record<string, { readonly stamp: string; readonly value: unknown }>;
  requests: Record<string, RequestState>;
};

export function statePath(out: string): string {
  return join(out, PRIVATE, "state.json");
}

/** `undefined` for text that no run of this version wrote. */
export function parseState(text: string): State | undefined {
  try {
    const state = JSON.parse(text) as Partial<State> | null;
    const whole =
      state?.version === STATE_VERSION && state.rules && state.digests && state.facts && state.requests;
    return whole ? (state as State) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
