import type { Revision } from "#abi/revisions.ts";
import { type Failure, inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { RecordLimits } from "#reference/input.ts";
import { Campaign, type Entry } from "#verify/fuzz/campaign.ts";
import { type GoodFile, goodFile } from "#verify/mutations/good-file.ts";
import type { ReferenceName } from "#verify/references.ts";
import { type Subject, subjectsOf } from "#verify/subject.ts";
import { loadParser } from "#vm/load-parser.ts";
import { profileBtf } from "#vm/target/profile-btf.ts";

/** A parser and what it is judged by, as plain data that other threads can be given. */
export type ParserInput = {
  /** As the user named it. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly revision: Revision;
  readonly limits: RecordLimits;
  readonly reference: ReferenceName | undefined;
};

export type SeedInput = { readonly name: string; readonly image: Uint8Array };

/** One worker's campaign, as plain data. */
export type CampaignInput = {
  readonly parser: ParserInput;
  readonly seeds: readonly SeedInput[];
  readonly seed: number;
  readonly first: number;
  readonly stride: number;
  readonly known: readonly string[];
  readonly queue: readonly Entry[];
};

/** Loads the parser; of a container with further layers the outermost. Errors: those of loading, `usage`. */
export function openSubject({ name, bytes, revision, limits, reference }: ParserInput): Result<Subject> {
  const loaded = loadParser(bytes, { target: profileBtf(revision) });
  if (!loaded.ok) {
    const { failure } = loaded;
    if (failure.reason === "malformed") return err(inFile(failure, name));
    const detail = failure.reason === "load-refused" ? failure.details.join("; ") : failure.reason;
    return err<Failure>({ reason: "unsupported", what: "this parser", detail, file: name });
  }
  const subjects = subjectsOf(loaded.value, { name, revision, limits, ...(reference && { reference }) });
  if (!subjects.ok) return subjects;
  const [outermost] = subjects.value;
  return outermost === undefined
    ? err({ reason: "unsupported", what: "this parser", detail: "it has no program", file: name })
    : ok(outermost);
}

/** Finds the fields of the seeds. Errors: `unsupported` for one that is of none of the formats. */
export function openSeeds(seeds: readonly SeedInput[]): Result<readonly GoodFile[]> {
  const files: GoodFile[] = [];
  for (const { name, image } of seeds) {
    const file = goodFile(name, image);
    if (file === undefined) {
      const detail = "it begins neither as a zboot file nor as an envelope nor as a UKI";
      return err({ reason: "unsupported", what: "this image", detail, file: name });
    }
    files.push(file);
  }
  return ok(files);
}

/** A campaign with the queue that it goes on from. Errors: those of `openSubject` and `openSeeds`. */
export function openCampaign(input: CampaignInput): Result<Campaign> {
  const subject = openSubject(input.parser);
  if (!subject.ok) return subject;
  const seeds = openSeeds(input.seeds);
  if (!seeds.ok) return seeds;
  const { seed, first, stride, known } = input;
  const campaign = new Campaign({
    subject: subject.value,
    seeds: seeds.value,
    seed,
    first,
    stride,
    known,
  });
  for (const entry of input.queue) campaign.adopt(entry);
  return ok(campaign);
}
