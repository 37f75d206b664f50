import type { Failure } from "#core/failure.ts";
import { ok, type Result } from "#core/result.ts";
import { isUndisturbed, type State } from "#prove/machine/state.ts";
import type { Answer, Model, Query } from "#prove/solver/query.ts";
import type { Search } from "#prove/specification/specification.ts";
import { bits64 } from "#prove/terms/bits.ts";
import { imageSize, turnName } from "#prove/terms/names.ts";
import { compare } from "#prove/terms/truth.ts";
import { Candidate, type Fit, loopLookedInto, modelImage, type SparseImage } from "./candidate.ts";
import { unrolled } from "./unroll.ts";

/** Sizes that images of examples may have, in bytes: the smallest that does is taken. */
const SIZES = [1 << 12, 1 << 17, 600 << 20];

/** Images that are asked for at once: each may do for many paths, which then need not be asked about. */
const BATCH = 8;

/** A path, and what else is asked of its image. */
export type Wanted = { readonly state: State; readonly more: Query };

/** The image of a path; `impossible` where there is none, undefined where none was found. */
export type Found = Fit | "impossible" | undefined;

type Ask = (name: string, queries: readonly Query[]) => Promise<Result<readonly Answer[], Failure>>;

/**
 * An image for each path: one of those at hand, or one of the solver's, as small as can be.
 *
 * @param atHand images of the format, good ones and hostile ones
 */
export async function findExamples(
  ask: Ask,
  search: Search | undefined,
  atHand: Iterable<SparseImage>,
  wanted: readonly Wanted[],
): Promise<Result<readonly Found[], Failure>> {
  const found: Found[] = wanted.map(() => undefined);
  let left: readonly number[] = wanted.map((_, index) => index);
  for (const image of atHand) {
    if (left.length === 0) break;
    left = withoutFitting(new Candidate(image, search), wanted, { found, left });
  }
  for (const [round, size] of SIZES.entries()) {
    const rest = await findSmall(ask, search, wanted, { found, left, size });
    if (!rest.ok) return rest;
    left = rest.value;
    if (round > 0 || left.length === 0) continue;
    const possible = await ask(
      "path",
      left.map((index) => allOf(wanted[index])),
    );
    if (!possible.ok) return possible;
    for (const [place, index] of left.entries()) {
      if (possible.value[place]?.verdict === "unsat") found[index] = "impossible";
    }
    left = left.filter((index) => found[index] === undefined);
  }
  return ok(found);
}

function allOf(wanted: Wanted | undefined): Query {
  return wanted === undefined ? [] : [...wanted.state.conditions, ...wanted.more];
}

/** Notes for which of the paths an image does; gives the others. */
function withoutFitting(
  candidate: Candidate,
  wanted: readonly Wanted[],
  { found, left }: { readonly found: Found[]; readonly left: readonly number[] },
): readonly number[] {
  return left.filter((index) => {
    found[index] = fitOf(candidate, wanted[index]);
    return found[index] === undefined;
  });
}

function turnIn({ variables }: Model, wanted: Wanted | undefined): number | undefined {
  const loop = wanted && loopLookedInto(wanted.state);
  const turn = loop === undefined ? undefined : variables.get(turnName(loop));
  return turn === undefined ? undefined : Number(turn);
}

function fitOf(candidate: Candidate, wanted: Wanted | undefined): Fit | undefined {
  return wanted && candidate.fits(wanted.state, wanted.more);
}

type Looking = { readonly found: Found[]; readonly left: readonly number[]; readonly size: number };

/** Finds what images of a size there are; gives the paths that have none. */
async function findSmall(
  ask: Ask,
  search: Search | undefined,
  wanted: readonly Wanted[],
  { found, left, size }: Looking,
): Promise<Result<readonly number[], Failure>> {
  const rest: number[] = [];
  let open: readonly number[] = mostTellingFirst(wanted, left);
  while (open.length > 0) {
    const batch = open.slice(0, BATCH);
    open = open.slice(BATCH);
    const answers = await ask(
      "example",
      batch.map((index) => [
        ...allOf(wanted[index]),
        ...(wanted[index] === undefined ? [] : unrolled(search, wanted[index].state)),
        compare("ule", imageSize(), bits64(size)),
      ]),
    );
    if (!answers.ok) return answers;
    for (const [place, index] of batch.entries()) {
      const answer = answers.value[place];
      if (answer?.verdict !== "sat") {
        rest.push(index);
        continue;
      }
      const image = modelImage(answer.model);
      const candidate = new Candidate(image, search);
      found[index] = fitOf(candidate, wanted[index]) ?? { image, turn: turnIn(answer.model, wanted[index]) };
      open = withoutFitting(candidate, wanted, { found, left: open });
    }
  }
  return ok(rest);
}

/** Paths to whose end nothing was denied: their images are those of most others, too. */
function mostTellingFirst(wanted: readonly Wanted[], left: readonly number[]): readonly number[] {
  const isWhole = (index: number) => {
    const state = wanted[index]?.state;
    return state !== undefined && isUndisturbed(state.denials) && state.denials.buffer === undefined;
  };
  return [...left.filter(isWhole), ...left.filter((index) => !isWhole(index))];
}
