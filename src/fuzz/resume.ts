import { join } from "node:path";
import { ok, type Result } from "#core/result.ts";
import { digest } from "#files/digest.ts";
import { judge } from "#verify/judge.ts";
import type { ParserUnderTest } from "#verify/subject.ts";
import type { CampaignInput } from "./campaign-input.ts";
import type { CampaignRequest, SavedFinding } from "./campaign-request.ts";
import { FINDINGS, QUEUE, readCampaignState, readCases, type SavedCase } from "./corpus-folder.ts";
import type { Entry } from "./engine/campaign.ts";
import { findingKey } from "./engine/finding-key.ts";

/** Where a campaign begins. */
export type Resumed = {
  readonly identity: string;
  readonly input: CampaignInput;
  readonly queue: readonly SavedCase[];
  readonly findings: readonly SavedFinding[];
};

/** Takes up what an earlier run left in the corpus folder. Errors: `file-failed`, `malformed`. */
export async function resume(request: CampaignRequest): Promise<Result<Resumed>> {
  const { folder, parser, subject, seeds } = request;
  const state = await readCampaignState(folder);
  if (!state.ok) return state;
  const queue = await readCases(folder, QUEUE);
  if (!queue.ok) return queue;
  const before = await readCases(folder, FINDINGS);
  if (!before.ok) return before;
  const seed = request.seed ?? state.value?.seed ?? 1;
  const identity = digest(
    JSON.stringify([
      digest(parser.bytes),
      [parser.revision, referenceIdentity(subject), parser.limits, seed],
      seeds.map(({ name, image }) => [name, digest(image)]),
      ...(request.shard.count === 1 ? [] : [request.shard]),
    ]),
  );
  const same = state.value?.identity === identity;
  if (state.value !== undefined && !same) {
    request.note("the parser, a seed or an option is another than last time: it begins with the first case");
  }
  const [still, gone] = stillFound(subject, before.value);
  for (const { name } of gone) request.note(`${name} is found no more`);
  const origins = new Map(seeds.map(({ name }, i) => [name, i]));
  const entries = queue.value.map(
    ({ image, injection, description }): Entry => ({
      image,
      injection,
      origin: origins.get(description.origin) ?? 0,
    }),
  );
  const input: CampaignInput = {
    parser,
    seeds,
    seed,
    first: same ? (state.value?.next ?? 0) : 0,
    stride: 1,
    known: still.map(({ description }) => description.key ?? ""),
    queue: entries,
  };
  return ok({ identity, input, queue: queue.value, findings: still.map((one) => savedFinding(folder, one)) });
}

/** Of a module its text, too: another one makes other cases. */
function referenceIdentity({ reference }: ParserUnderTest): readonly string[] | string {
  return typeof reference === "string" ? reference : [reference.name, reference.digest];
}

/** Which findings of earlier runs the parser still shows, and which it does not. */
function stillFound(
  subject: ParserUnderTest,
  cases: readonly SavedCase[],
): readonly [still: readonly SavedCase[], gone: readonly SavedCase[]] {
  const shows = ({ image, injection, description }: SavedCase) =>
    judge(subject, image, { injection }).findings.some((one) => findingKey(one) === description.key);
  return [cases.filter(shows), cases.filter((one) => !shows(one))];
}

function savedFinding(folder: string, { name, injection, description }: SavedCase): SavedFinding {
  const { key = "", why, command = "" } = description;
  return { key, file: join(folder, FINDINGS, `${name}.img`), why, injection: injection ?? null, command };
}
