import type { Revision } from "#abi/revisions.ts";
import type { LoadedParser } from "#bpf-vm/load-parser.ts";
import { asFailure } from "#bpf-vm/loader/failure.ts";
import { loadForRevision, type ParserOfRevision } from "#bpf-vm/own-revision.ts";
import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { openReference } from "#own-formats/open-reference.ts";
import type { RecordLimits } from "#reference-parsers/input.ts";
import { type GoodFile, goodFileFor } from "#verify/mutations/good-file.ts";
import type { ParserArchitecture } from "#verify/parser-architecture.ts";
import type { Reference } from "#verify/references.ts";
import { type ParserUnderTest, parsersUnderTest } from "#verify/subject.ts";
import { Campaign, type Entry } from "./engine/campaign.ts";

/** A parser and what it is judged by, as plain data that other threads can be given. */
export type ParserInput = {
  /** As the user named it. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly revision: Revision;
  readonly limits: RecordLimits;
  /** A name, or the absolute path of a module; undefined for that of the source's name. */
  readonly reference: string | undefined;
  readonly arch: ParserArchitecture | undefined;
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

/** Loads a parser for the revision, or without one for its own. Errors: those of loading, with its name. */
export function loadInput(
  name: string,
  bytes: Uint8Array,
  revision: Revision | undefined,
): Result<ParserOfRevision> {
  const loaded = loadForRevision(bytes, revision);
  return loaded.ok ? loaded : err(inFile(asFailure(loaded.failure), name));
}

/** What is fuzzed: of a container with further layers the outermost. Errors: `usage`. */
export function subjectOf(
  parser: LoadedParser,
  { name, revision, limits, arch }: ParserInput,
  reference: Reference | undefined,
): Result<ParserUnderTest> {
  const subjects = parsersUnderTest(parser, {
    name,
    revision,
    limits,
    arch,
    ...(reference && { reference }),
  });
  if (!subjects.ok) return subjects;
  const [outermost] = subjects.value;
  return outermost === undefined
    ? err({ reason: "unsupported", what: "this parser", detail: "it has no program", file: name })
    : ok(outermost);
}

/** Finds the fields of the seeds. Errors: `unsupported` for one that is of none of the formats. */
export function openSeeds(seeds: readonly SeedInput[], reference: Reference): Result<readonly GoodFile[]> {
  const files: GoodFile[] = [];
  for (const { name, image } of seeds) {
    const file = goodFileFor(reference, name, image);
    if (file === undefined) {
      const detail = "it begins neither as a zboot file nor as an envelope nor as a UKI";
      return err({ reason: "unsupported", what: "this image", detail, file: name });
    }
    files.push(file);
  }
  return ok(files);
}

/** A campaign of a thread that has nothing but the input. Errors: those of loading, of `subjectOf` and `openSeeds`. */
export async function openCampaign(input: CampaignInput): Promise<Result<Campaign>> {
  const { name, bytes, revision, reference: word } = input.parser;
  const reference = word === undefined ? ok(undefined) : await openReference(word);
  if (!reference.ok) return reference;
  const loaded = loadInput(name, bytes, revision);
  if (!loaded.ok) return loaded;
  const subject = subjectOf(loaded.value.parser, input.parser, reference.value);
  if (!subject.ok) return subject;
  const seeds = openSeeds(input.seeds, subject.value.reference);
  return seeds.ok ? ok(makeCampaign(input, subject.value, seeds.value)) : seeds;
}

/** A campaign with the queue that it goes on from. */
export function makeCampaign(
  { seed, first, stride, known, queue }: CampaignInput,
  subject: ParserUnderTest,
  seeds: readonly GoodFile[],
): Campaign {
  const campaign = new Campaign({ subject, seeds, seed, first, stride, known });
  for (const entry of queue) campaign.adopt(entry);
  return campaign;
}
