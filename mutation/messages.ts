/** What a worker is asked, and what it answers. */
export type Question =
  | { readonly kind: "cover"; readonly bundle: string }
  | {
      readonly kind: "try";
      readonly bundle: string;
      readonly mutant: number;
      readonly tests: readonly number[];
    };

export type CoveredTest = { readonly name: string; readonly ms: number; readonly hits: readonly number[] };

export type Covered = {
  readonly kind: "covered";
  readonly tests: readonly CoveredTest[];
  /** What was reached outside of tests: when the file was loaded, and in hooks. */
  readonly shared: readonly number[];
  readonly sharedMs: number;
  /** The first test that fails without any mutant: the file cannot judge. */
  readonly failure?: string;
};
export type Answer = Covered | { readonly kind: "tried"; readonly killedBy?: string };
