import type { Failure } from "#core/failure.ts";
import { ok, type Result } from "#core/result.ts";
import { isUndisturbed, type PathState } from "#prove/machine/state.ts";
import type { Answer, Model, Query } from "#prove/solver/query.ts";
import type { Search } from "#prove/specification/specification.ts";
import { Assumption } from "#prove/terms/assume.ts";
import { bits64 } from "#prove/terms/bits.ts";
import { CONTEXT, errnoInMachine, imageSize, initialName, turnName } from "#prove/terms/names.ts";
import { leavesOf } from "#prove/terms/operands.ts";
import { constant, type Truth } from "#prove/terms/term.ts";
import { compare, equals } from "#prove/terms/truth.ts";
import { type Fit, loopLookedInto, modelImage, type SparseImage, TriedImage } from "./candidate.ts";
import { shortcuts, unrolled } from "./unroll.ts";

/** Sizes that images of examples may have, in bytes: the smallest that does is taken. */
const SIZES = [1 << 12, 1 << 17, 600 << 20];

/** Images that are asked for at once: each may do for many paths, which then need not be asked about. */
const BATCH = 8;

/** A path, and what else is asked of its image. */
export type Wanted = { readonly state: PathState; readonly more: Query };

/**
 * The image of a path; `impossible` where there is none, undefined where none was found. `elsewhere`: not only an image decides, but what
 * the context says beside it, or an error's number, otherwise than in the virtual machine; or what a loop without a specification comes to.
 */
export type Found = Fit | "impossible" | "elsewhere" | undefined;

type Ask = (
  purpose: "example" | "path",
  queries: readonly Query[],
) => Promise<Result<readonly Answer[], Failure>>;

/**
 * An image for each path: one of those at hand, or one of the solver's, as small as can be.
 *
 * @param atHand images of the format, good ones and hostile ones
 * @param how `quickly`: among ordinary images alone
 */
export async function findExamples(
  ask: Ask,
  search: Search | undefined,
  atHand: Iterable<SparseImage>,
  wanted: readonly Wanted[],
  how: "quickly" | "thoroughly",
): Promise<Result<readonly Found[], Failure>> {
  const found: Found[] = wanted.map(({ state }) => (isSettled(state, search) ? undefined : "elsewhere"));
  let left: readonly number[] = wanted.flatMap((_, index) => (found[index] === undefined ? [index] : []));
  for (const image of atHand) {
    if (left.length === 0) break;
    left = withoutFitting(new TriedImage(image, search), wanted, { found, left });
  }
  const quick = (one: Wanted) =>
    SIZES.flatMap((size) => shortcuts(search, one.state).map((settled) => ({ size, settled })));
  const rest = await findBySolver(ask, search, wanted, { found, left, ways: quick });
  if (!rest.ok) return rest;
  if (how === "quickly") return ok(found);
  const possible = await ask(
    "path",
    rest.value.map((index) => allOf(wanted[index])),
  );
  if (!possible.ok) return possible;
  for (const [place, index] of rest.value.entries()) {
    if (possible.value[place]?.verdict === "unsat") found[index] = "impossible";
  }
  left = rest.value.filter((index) => found[index] === undefined);
  const plain = () => SIZES.map((size) => ({ size, settled: [] }));
  const never = await findBySolver(ask, search, wanted, { found, left, ways: plain });
  if (!never.ok) return never;
  for (const index of never.value)
    if (asInMachine(allOf(wanted[index])).length > 0) found[index] = "elsewhere";
  return ok(found);
}

/** Whether an image settles where a path goes: a loop that nothing is known of may come to anything. */
function isSettled({ loops, turnOf }: PathState, search: Search | undefined): boolean {
  return loops.every(({ kind }) => kind !== "anyhow") && (turnOf === undefined || search !== undefined);
}

function allOf(wanted: Wanted | undefined): Query {
  return wanted === undefined ? [] : [...wanted.state.conditions, ...wanted.more];
}

/** Notes for which of the paths an image does; gives the others. */
function withoutFitting(
  candidate: TriedImage,
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

function fitOf(candidate: TriedImage, wanted: Wanted | undefined): Fit | undefined {
  return wanted && candidate.fits(wanted.state, wanted.more);
}

/** How an image is looked for: its largest size, and what is settled of it beforehand. */
type Way = { readonly size: number; readonly settled: Query };

type Looking = {
  readonly found: Found[];
  readonly left: readonly number[];
  readonly ways: (wanted: Wanted) => readonly Way[];
};

/** Has a solver make images, in each of the ways until there is one; gives the paths that have none. */
async function findBySolver(
  ask: Ask,
  search: Search | undefined,
  wanted: readonly Wanted[],
  { found, left, ways }: Looking,
): Promise<Result<readonly number[], Failure>> {
  const rest: number[] = [];
  let open = mostTellingFirst(wanted, left).map((index) => ({ index, tried: 0 }));
  while (open.length > 0) {
    const batch: { readonly index: number; readonly tried: number; readonly query: Query }[] = [];
    for (const { index, tried } of open.splice(0, BATCH)) {
      const one = wanted[index];
      const way = one && ways(one)[tried];
      if (one === undefined || way === undefined) rest.push(index);
      else batch.push({ index, tried, query: queryFor(search, one, way) });
    }
    const answers = await ask(
      "example",
      batch.map(({ query }) => query),
    );
    if (!answers.ok) return answers;
    for (const [place, { index, tried }] of batch.entries()) {
      const answer = answers.value[place];
      if (answer?.verdict !== "sat") {
        open.push({ index, tried: tried + 1 });
        continue;
      }
      const image = modelImage(answer.model);
      const candidate = new TriedImage(image, search);
      found[index] = fitOf(candidate, wanted[index]) ?? { image, turn: turnIn(answer.model, wanted[index]) };
      open = open.filter((other) => {
        found[other.index] = fitOf(candidate, wanted[other.index]);
        return found[other.index] === undefined;
      });
    }
  }
  return ok(rest);
}

/** What an image of a path must be, with what is settled put in. */
function queryFor(search: Search | undefined, wanted: Wanted, { size, settled }: Way): Query {
  const assumption = new Assumption(settled);
  const all = [
    ...allOf(wanted),
    ...unrolled(search, wanted.state),
    compare("ule", imageSize(), bits64(size)),
  ];
  return [...settled, ...asInMachine(all), ...all.map((one) => assumption.truth(one))];
}

/** What is beside the image, as the virtual machine has it: zeroes in the context's other members, its own errors. */
function asInMachine(query: Query): readonly Truth[] {
  return leavesOf(query).flatMap((leaf) => {
    const errno = leaf.kind === "variable" ? errnoInMachine(leaf.name) : undefined;
    if (errno !== undefined) return [equals(leaf, constant(leaf.width, BigInt(-errno)))];
    const isContext = leaf.kind === "byte" && leaf.memory === initialName(CONTEXT);
    return isContext ? [equals(leaf, constant(8, 0n))] : [];
  });
}

/** Paths to whose end nothing was denied: their images are those of most others, too. */
function mostTellingFirst(wanted: readonly Wanted[], left: readonly number[]): readonly number[] {
  const isWhole = (index: number) => {
    const state = wanted[index]?.state;
    return state !== undefined && isUndisturbed(state.denials) && state.denials.buffer === undefined;
  };
  return [...left.filter(isWhole), ...left.filter((index) => !isWhole(index))];
}
