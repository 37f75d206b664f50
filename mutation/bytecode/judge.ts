import { isProven, type ProgramProof, proveProgram } from "../../src/prove/proof.ts";
import type { Solver } from "../../src/prove/solver/solver.ts";
import { examine } from "../../src/verify/examine.ts";
import type { BytecodeMutant } from "./mutants.ts";
import { type Original, theoremOf } from "./subject.ts";

/**
 * `refuted`: something is open that there are values for, or the program does what has no meaning. `equivalent`: proven, and no image of the
 * corpus shows otherwise. `undecided`: neither. `unsound`: proven, and an image shows a defect.
 */
export type Outcome = {
  readonly kind: "refuted" | "equivalent" | "undecided" | "unsound";
  /** What was open, or found. */
  readonly by: string;
};

/** Proves a mutant in its parser's place, and looks for a run that belies the proof. */
export async function judgeMutant(
  { subject, images }: Original,
  { program }: BytecodeMutant,
  solver: Solver,
): Promise<Outcome> {
  const theorem = theoremOf(subject, program, subject.limits);
  const proof = await proveProgram(theorem, { solver, images, firstOpen: true });
  if (!proof.ok) throw new Error(JSON.stringify(proof.failure));
  if (!isProven(proof.value)) return notProven(proof.value);
  const mutated = { ...subject, programs: [program] };
  for (const image of images) {
    const seen = await examine(mutated, image(), { comparison: "exact", faultPaths: true });
    const [finding] = seen?.findings ?? [];
    if (finding !== undefined) return { kind: "unsound", by: JSON.stringify(finding) };
  }
  return { kind: "equivalent", by: "proven" };
}

function notProven({ gaps, open, divergences, paths }: ProgramProof): Outcome {
  const [gap] = gaps;
  if (gap !== undefined) return { kind: "refuted", by: `instruction ${gap.slot}: ${gap.detail}` };
  const refuted = open.find(({ kind }) => kind === "refutable");
  if (refuted !== undefined) {
    const { kind, detail } = refuted.obligation;
    return { kind: "refuted", by: `${kind}: ${detail}` };
  }
  const [divergence] = divergences;
  if (divergence !== undefined) return { kind: "undecided", by: `another way at ${divergence.slot}` };
  if (paths?.sending === 0 || paths?.refusing === 0)
    return { kind: "refuted", by: "never sends, or never refuses" };
  return {
    kind: "undecided",
    by: open[0]?.obligation.detail ?? `${paths?.undecided} paths without an image`,
  };
}
