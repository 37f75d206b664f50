import { relative } from "node:path";
import type { CampaignProgress } from "#core/events.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { GoodFile } from "#verify/mutations/good-file.ts";
import { referenceTitle } from "#verify/references.ts";
import { type CampaignInput, makeCampaign, openSeeds } from "./campaign-input.ts";
import type { CampaignRequest, CampaignSummary } from "./campaign-request.ts";
import { makeCorpusFolder, writeCampaignState } from "./corpus-folder.ts";
import { Journal } from "./journal.ts";
import { type Resumed, resume } from "./resume.ts";
import { alone, together } from "./workers.ts";

/** How often `progress` is called, in milliseconds. */
const TICK = 200;
/** The longest that a timer takes, in milliseconds: 24 days. */
const LONGEST = 2 ** 31 - 1;

/**
 * Runs a campaign on the corpus folder's queue and saves what it finds there, until its cases or seconds are over or the signal
 * comes. A run with the same parser, limits, seeds and seed goes on with the case at which the last one ended.
 *
 * Errors: `file-failed`, `malformed` for a corpus folder that cannot be used; those of `openSeeds`.
 */
export async function runCampaign(request: CampaignRequest): Promise<Result<CampaignSummary>> {
  // Before the folder is made: what cannot be used leaves none behind.
  const seeds = openSeeds(request.seeds, request.subject.reference);
  if (!seeds.ok) return seeds;
  const made = await makeCorpusFolder(request.folder);
  if (!made.ok) return made;
  const resumed = await resume(request);
  return resumed.ok ? run(request, seeds.value, resumed.value) : resumed;
}

async function run(
  request: CampaignRequest,
  seeds: readonly GoodFile[],
  resumed: Resumed,
): Promise<Result<CampaignSummary>> {
  const { folder, subject, workers, signal, shard, parserFile } = request;
  const { input, identity } = resumed;
  const journal = new Journal(request, resumed);
  const campaign = makeCampaign({ ...input, ...shareOf(input.first, shard) }, subject, seeds);
  const inputs = Array.from({ length: workers }, (_, i) => ({
    ...input,
    first: firstOf(input.first, shard, workers) + i,
    stride: workers * shard.count,
  }));
  const start = performance.now();
  journal.cover(campaign.coverage);
  const running =
    workers === 1
      ? alone(campaign, request.cases, journal.reports)
      : together(request.workerFile, inputs, request.cases, journal.reports);
  const progress = (): CampaignProgress => journal.progress(performance.now() - start);
  const ticker = setInterval(() => request.progress(progress()), TICK);
  const timer = Number.isFinite(request.seconds)
    ? setTimeout(running.stop, Math.min(LONGEST, 1000 * request.seconds))
    : undefined;
  signal.addEventListener("abort", running.stop, { once: true });
  journal.onFailure = running.stop;
  if (signal.aborted) running.stop();
  try {
    await running.ended;
  } finally {
    clearInterval(ticker);
    clearTimeout(timer);
    signal.removeEventListener("abort", running.stop);
  }
  const failure = await journal.close();
  if (failure !== undefined) return err(failure);
  const { next } = journal;
  const saved = await writeCampaignState(folder, {
    ...{ schema: 1, identity, seed: input.seed, next },
    parser: relative(folder, parserFile),
  });
  if (!saved.ok) return saved;
  const { revision } = subject;
  const reference = referenceTitle(subject.reference);
  const { seed, first } = input;
  return ok({ ...progress(), revision, reference, seed, first, next, saved: journal.findings });
}

/** The first case of a shard's first worker: shards take turns, so that each has its own whatever it has done before. */
function firstOf(next: number, { index, count }: CampaignRequest["shard"], workers: number): number {
  const round = workers * count;
  return count === 1 ? next : Math.ceil(next / round) * round + (index - 1) * workers;
}

/** The same for the one worker in this thread. */
function shareOf(next: number, shard: CampaignRequest["shard"]): Pick<CampaignInput, "first" | "stride"> {
  return { first: firstOf(next, shard, 1), stride: shard.count };
}
