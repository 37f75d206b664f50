import type { KernelRecord, ParserOutcome } from "./record.ts";

export type ChangeKind = "build" | "bytecode" | "instructions" | "size" | "verdict";

/** One thing that is other in the later run. */
export type Change = {
  readonly kernel: string;
  /** Null where it is the whole kernel's. */
  readonly parser: string | null;
  readonly kind: ChangeKind;
  readonly old: string | number | null;
  readonly new: string | number | null;
  /** Worse than before. Other bytecode is neither. */
  readonly regression: boolean;
};

/** What changed between two runs, in the order of the kernels' names. */
export function compareRuns(
  before: readonly KernelRecord[],
  after: readonly KernelRecord[],
): readonly Change[] {
  const names = [...new Set([...before, ...after].map(({ name }) => name))].sort();
  return names.flatMap((name) => {
    const [one, other] = [before, after].map((kernels) => kernels.find((kernel) => kernel.name === name));
    return kernelChanges(name, one, other);
  });
}

function kernelChanges(
  kernel: string,
  before: KernelRecord | undefined,
  after: KernelRecord | undefined,
): readonly Change[] {
  const [was, is] = [before?.state ?? "absent", after?.state ?? "absent"];
  const state: readonly Change[] =
    was === is
      ? []
      : [{ kernel, parser: null, kind: "build", old: was, new: is, regression: was === "built" }];
  if (before?.state !== "built" || after?.state !== "built") return state;
  const parsers = new Set([...before.parsers, ...after.parsers].map(({ target }) => target));
  const of = (record: KernelRecord, target: string) => record.parsers.find((one) => one.target === target);
  return [
    ...state,
    ...[...parsers].flatMap((target) => parserChanges(kernel, target, of(before, target), of(after, target))),
  ];
}

function parserChanges(
  kernel: string,
  parser: string,
  before: ParserOutcome | undefined,
  after: ParserOutcome | undefined,
): readonly Change[] {
  if (before === undefined || after === undefined) {
    const [old, now] = [before, after].map((one) => (one === undefined ? "absent" : "built"));
    return [
      { kernel, parser, kind: "build", old: old ?? "", new: now ?? "", regression: after === undefined },
    ];
  }
  const changes: readonly Omit<Change, "kernel" | "parser">[] = [
    { kind: "bytecode", old: before.sha256, new: after.sha256, regression: false },
    { kind: "size", old: before.size, new: after.size, regression: after.size > before.size },
    grown(instructionsOf(before, after), instructionsOf(after, before)),
    { kind: "verdict", old: verdictOf(before), new: verdictOf(after), regression: worse(before, after) },
  ];
  return changes
    .filter((change) => change.old !== change.new)
    .map((change) => ({ kernel, parser, ...change }));
}

function grown(old: number | null, now: number | null): Omit<Change, "kernel" | "parser"> {
  return { kind: "instructions", old, new: now, regression: old !== null && now !== null && now > old };
}

/** The verifier's, where both runs know them; else the program's own. */
function instructionsOf(one: ParserOutcome, other: ParserOutcome): number | null {
  const both = one.verifierInstructions !== null && other.verifierInstructions !== null;
  return both ? one.verifierInstructions : one.instructions;
}

function verdictOf({ verdict, loads }: ParserOutcome): string {
  return loads === false ? "does not load" : (verdict ?? "none");
}

function worse(before: ParserOutcome, after: ParserOutcome): boolean {
  return bad(after) && !bad(before);
}

function bad({ verdict, loads }: ParserOutcome): boolean {
  return verdict === "failed" || loads === false;
}

/** What makes a comparison fail: a kind, and how many per cent of growth are let pass. */
export type FailOn = { readonly kind: ChangeKind | "any"; readonly percent: number };

export function failing(changes: readonly Change[], rules: readonly FailOn[]): readonly Change[] {
  return changes.filter((change) =>
    rules.some(({ kind, percent }) => {
      if (kind === "any") return true;
      if (kind !== change.kind) return false;
      if (kind === "bytecode") return true;
      return change.regression && growth(change) > percent;
    }),
  );
}

/** In per cent; of what is no number, more than any bound. */
function growth({ old, new: now }: Change): number {
  return typeof old === "number" && typeof now === "number" && old > 0
    ? (100 * (now - old)) / old
    : Number.POSITIVE_INFINITY;
}
