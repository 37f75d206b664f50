import { Campaign } from "#fuzz/engine/campaign.ts";
import { findingKey } from "#fuzz/engine/finding-key.ts";
import { minimise, type Shown } from "#fuzz/engine/minimise.ts";
import type { Example } from "#prove/witness/example.ts";
import { judge } from "#verify/judge.ts";
import { type GoodFile, goodFileFor } from "#verify/mutations/good-file.ts";
import type { ParserUnderTest } from "#verify/subject.ts";
import type { Finding } from "#verify/verdict.ts";

/** Cases that are tried where the solver's image shows nothing by itself. */
const MOST_CASES = 4000;
/** Where something was found. */
const ENOUGH_CASES = 400;
/** Larger images are taken as they are: each run over one takes as long as many over a small one. */
const SMALL = 1 << 20;

/** Of the solver's images for one place, so many are run, and so many are where others are looked for. */
const MOST_EXAMPLES = 32;
const MOST_NEAR = 4;

/** A run that shows what a proof has found, made as small as can be. */
export type Counterexample = Shown & { readonly findings: readonly Finding[] };

/**
 * Runs the solver's images as they are.
 *
 * @param goesOn asked between runs; false ends the search
 */
export async function confirm(
  subject: ParserUnderTest,
  examples: readonly Example[],
  goesOn: () => Promise<boolean>,
): Promise<Counterexample | undefined> {
  for (const example of examples.slice(0, MOST_EXAMPLES)) {
    const shown = (await goesOn()) ? shownBy(subject, example) : undefined;
    if (shown !== undefined) return smaller(subject, shown);
  }
  return undefined;
}

/**
 * Looks among images near the solver's and the good ones of the format, once for all that is open: a solver's image breaks one
 * obligation, such as what a turn of a search notes, and whether the stream shows it is for the rest of the image to say.
 *
 * @returns what was found, by the source line of the obligation that it is wanted for: of that line where there is one
 */
export function nearby(
  subject: ParserUnderTest,
  examples: readonly Example[],
  good: readonly GoodFile[],
  goesOn: () => Promise<boolean>,
): (line: number | undefined) => Promise<Counterexample | undefined> {
  let searched: Promise<readonly Counterexample[]> | undefined;
  return async (line) => {
    searched ??= searchNear(subject, examples, good, goesOn);
    const found = await searched;
    return found.find((one) => one.findings.some(({ source }) => source?.line === line)) ?? found[0];
  };
}

async function searchNear(
  subject: ParserUnderTest,
  examples: readonly Example[],
  good: readonly GoodFile[],
  goesOn: () => Promise<boolean>,
): Promise<readonly Counterexample[]> {
  const near = examples.filter(({ image }) => image.length <= SMALL).slice(0, MOST_NEAR);
  const seeds = near.flatMap(({ image }) => goodFileFor(subject.reference, "counterexample", image) ?? []);
  if (seeds.length + good.length === 0) return [];
  const campaign = new Campaign({ subject, seeds: [...good, ...seeds], seed: 1 });
  for (const example of near) campaign.adopt({ ...example, origin: 0 });
  const found: Counterexample[] = [];
  for (let count = 0; count < MOST_CASES && (await goesOn()); count++) {
    for (const one of campaign.step().discoveries) {
      const shown = shownBy(subject, one);
      if (shown !== undefined) found.push(shown);
    }
    // What is wrong turns up early, or in few images: more cases than these are not worth the wait.
    if (found.length > 0 && count > ENOUGH_CASES) break;
  }
  return found;
}

function shownBy(subject: ParserUnderTest, { image, injection }: Shown): Counterexample | undefined {
  const isPlain = injection === undefined || Object.keys(injection).length === 0;
  const { findings } = judge(subject, image, isPlain ? {} : { injection });
  return findings.length === 0 ? undefined : { image, injection: isPlain ? undefined : injection, findings };
}

/** Without what its first finding does not need. */
function smaller(subject: ParserUnderTest, shown: Counterexample): Counterexample {
  const [first] = shown.findings;
  const file = goodFileFor(subject.reference, "counterexample", shown.image);
  if (first === undefined || file === undefined || shown.image.length > SMALL) return shown;
  const key = findingKey(first);
  const shows = (one: Shown) =>
    shownBy(subject, one)?.findings.some((finding) => findingKey(finding) === key) === true;
  return shownBy(subject, minimise(shown, file, shows)) ?? shown;
}
