import type { LoadedProgram } from "../../src/bpf-vm/program.ts";
import type { FindingRecord } from "../../src/core/verification.ts";
import { isProven, type ProgramProof, proveProgram } from "../../src/prove/proof.ts";
import type { Solver } from "../../src/prove/solver/solver.ts";
import { examine } from "../../src/verify/examine.ts";
import type { BytecodeMutant } from "./mutants.ts";
import { type Original, theoremOf } from "./subject.ts";

/**
 * `refuted`: something is open that there are values for, or it is not proven and an image of the corpus shows a defect. `unknown`: it does
 * what the prover has no meaning for, and no such image is at hand. `equivalent`: proven, and no image of the
 * corpus shows otherwise. `undecided`: neither. `unsound`: proven, and an image shows a defect.
 */
export type Outcome = {
  readonly kind: "refuted" | "unknown" | "equivalent" | "undecided" | "unsound";
  /** What was open, or found. */
  readonly by: string;
};

/**
 * Proves a mutant in its parser's place, and looks for a run that belies the proof.
 *
 * @param onExample called with the image of each path
 */
export async function judgeMutant(
  original: Original,
  { program }: BytecodeMutant,
  solver: Solver,
  onExample?: (image: Uint8Array) => void,
): Promise<Outcome> {
  const { subject, images } = original;
  const theorem = theoremOf(subject, program, subject.limits);
  const proof = await proveProgram(theorem, {
    solver,
    images,
    firstOpen: true,
    ...(onExample && { onExample }),
  });
  if (!proof.ok) throw new Error(JSON.stringify(proof.failure));
  const outcome: Outcome = isProven(proof.value)
    ? { kind: "equivalent", by: "proven" }
    : notProven(proof.value);
  if (outcome.kind !== "equivalent" && outcome.kind !== "unknown") return outcome;
  const finding = await defectOf(original, program);
  if (finding === undefined) return outcome;
  const shown = JSON.stringify(finding);
  return outcome.kind === "equivalent"
    ? { kind: "unsound", by: shown }
    : { kind: "refuted", by: `${outcome.by}; a run shows ${shown}` };
}

/** What a run over one of the images shows of a program in the parser's place, on any fault path. */
export async function defectOf(
  { subject, images }: Original,
  program: LoadedProgram,
): Promise<FindingRecord | undefined> {
  for (const image of images) {
    const options = { comparison: "exact", faultPaths: true } as const;
    const seen = await examine({ ...subject, programs: [program] }, image(), options);
    const [finding] = seen?.findings ?? [];
    if (finding !== undefined) return finding;
  }
  return undefined;
}

function notProven({ gaps, open, divergences, paths }: ProgramProof): Outcome {
  const refuted = open.find(({ kind }) => kind === "refutable");
  if (refuted !== undefined) {
    const { kind, detail } = refuted.obligation;
    return { kind: "refuted", by: `${kind}: ${detail}` };
  }
  const [gap] = gaps;
  if (gap !== undefined) return { kind: "unknown", by: `instruction ${gap.slot}: ${gap.detail}` };
  const [divergence] = divergences;
  if (divergence !== undefined) return { kind: "undecided", by: `another way at ${divergence.slot}` };
  if (paths?.sending === 0 || paths?.refusing === 0)
    return { kind: "refuted", by: "never sends, or never refuses" };
  return {
    kind: "undecided",
    by: open[0]?.obligation.detail ?? `${paths?.undecided} paths without an image`,
  };
}
