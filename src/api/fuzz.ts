import { join, relative } from "node:path";
import { LARGEST_PARTS } from "#abi/limits.ts";
import type { Revision } from "#abi/revisions.ts";
import type { ParserOfRevision } from "#bpf-vm/own-revision.ts";
import { type Failure, inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { readInput } from "#files/input-file.ts";
import type { Shard } from "#fleet/shard.ts";
import { loadInput, type ParserInput, type SeedInput, subjectOf } from "#fuzz/campaign-input.ts";
import type { CampaignSummary } from "#fuzz/campaign-request.ts";
import { runCampaign } from "#fuzz/run-campaign.ts";
import { openReference } from "#own-formats/open-reference.ts";
import { shellCommand } from "#toolchain/command-line.ts";
import { formatsOf, goodFiles } from "#verify/mutations/good-files.ts";
import type { ParserArchitecture } from "#verify/parser-architecture.ts";
import { expectedStream, NO_REFERENCE } from "#verify/references.ts";
import type { ParserUnderTest } from "#verify/subject.ts";
import type { NamedFile } from "./common/named-file.ts";
import { packageRoot } from "./common/package-root.ts";
import { type GivenLimits, limitsOf } from "./common/parser-limits.ts";
import type { Context } from "./context.ts";

export type FuzzRequest = {
  readonly parser: NamedFile;
  /** Good images to start from; none for small built-in ones. */
  readonly images: readonly NamedFile[];
  /** The folder of the queue and the findings, absolute. Default: the parser's name with `.fuzz`. */
  readonly corpus: string | undefined;
  /** Default: that of the run before, else 1. */
  readonly seed: number | undefined;
  /** Cases to run. Default: no end, as of `time`. */
  readonly runs: number | undefined;
  /** Seconds. */
  readonly time: number | undefined;
  /** Threads. With one the same seed gives the same cases. */
  readonly workers: number;
  /** A part of the cases, for one of several machines. */
  readonly shard: Shard | undefined;
  /** A name, `none`, or the absolute path of a module (`ImageFormat`). Default: by the name of the parser's source. */
  readonly reference: string | undefined;
  /** Default: the parser's own. */
  readonly abi: Revision | undefined;
  /** Of the kernels that the parser is for, where its file does not say. */
  readonly arch: ParserArchitecture | undefined;
  readonly limits: GivenLimits;
};

export type FuzzReport = CampaignSummary;

/** Bytes from which on copying an image takes longer than judging it. */
const LARGE = 1 << 20;

/**
 * Looks for images and faults with which a parser does not do what its reference parser says. The signal ends it as a limit does:
 * what it has stays.
 *
 * Errors: those of reading and loading the parser and the images, and of `runCampaign`.
 */
export async function fuzz(
  request: FuzzRequest,
  { cwd, signal, emit }: Pick<Context, "cwd" | "signal" | "emit">,
): Promise<Result<FuzzReport>> {
  const { parser: named, abi, reference, arch } = request;
  const { name } = named;
  const bytes = await readInput(named.file);
  if (!bytes.ok) return bytes;
  const loaded = loadInput(name, bytes.value, abi);
  if (!loaded.ok) return loaded;
  const { revision } = loaded.value;
  const limits = await recordLimits(request, loaded.value);
  const parser: ParserInput = { name, bytes: bytes.value, revision, limits, reference, arch };
  const opened = reference === undefined ? ok(undefined) : await openReference(reference);
  if (!opened.ok) return opened;
  const subject = subjectOf(loaded.value.parser, parser, opened.value);
  if (!subject.ok) return subject;
  const seeds = await seedsOf(request, subject.value, emit);
  if (!seeds.ok) return seeds;
  const folder = request.corpus ?? corpusOf(named.file, request.shard);
  const summary = await runCampaign({
    parser,
    subject: subject.value,
    seeds: seeds.value,
    seed: request.seed,
    cases: request.runs ?? Number.POSITIVE_INFINITY,
    seconds: request.time ?? Number.POSITIVE_INFINITY,
    workers: request.workers,
    shard: request.shard ?? { index: 1, count: 1 },
    parserFile: named.file,
    workerFile: join(packageRoot(), "dist", "fuzz-worker.mjs"),
    folder,
    commandFor: (image) => verifyCommandLine(request, revision, relative(cwd, image)),
    signal,
    progress: (progress) => emit({ kind: "campaign", ...progress }),
    note: (text) => emit({ kind: "note", text }),
  });
  return summary.ok ? summary : err(elsewhere(summary.failure, folder, request));
}

/** The corpus folder of a parser, where no other is chosen: of each shard its own. */
export function corpusOf(parser: string, shard: Shard | undefined): string {
  return shard === undefined ? `${parser}.fuzz` : `${parser}.fuzz-${shard.index}-of-${shard.count}`;
}

/** Parsers lie in folders where not everybody may write. */
function elsewhere(failure: Failure, folder: string, { corpus }: FuzzRequest): Failure {
  return corpus === undefined && failure.reason === "file-failed" && failure.file.startsWith(folder)
    ? { ...failure, hint: "--corpus FOLDER keeps queue and findings elsewhere" }
    : failure;
}

/** What the records have room for, found as `verify` does: a larger part is refused, and rightly so. */
async function recordLimits(
  { parser: { file }, limits }: FuzzRequest,
  { parser, revision }: ParserOfRevision,
) {
  return (await limitsOf(file, parser, { limits, include: [] }, revision)).limits;
}

/** The user's images, which have to be good, else built-in files of the formats that the parser takes. */
async function seedsOf(
  { images }: FuzzRequest,
  { reference, revision, arch }: ParserUnderTest,
  emit: Context["emit"],
): Promise<Result<readonly SeedInput[]>> {
  const seeds: SeedInput[] = [];
  for (const { file, name } of images) {
    const image = await readInput(file);
    if (!image.ok) return image;
    const asked = { image: image.value, revision, arch, limits: LARGEST_PARTS };
    const taken = reference === NO_REFERENCE ? ok([]) : expectedStream(reference, asked);
    if (!taken.ok) return err(inFile(taken.failure, name));
    if (image.value.length > LARGE) {
      const text = `${name} is copied for each case: a small image of its kind is tried far faster`;
      emit({ kind: "note", text });
    }
    // A copy: the buffer of a small file is a part of one that has other things in it, which threads would get, too.
    seeds.push({ name, image: Uint8Array.from(image.value) });
  }
  if (seeds.length > 0) return ok(seeds);
  return builtInSeeds({ reference, revision, arch });
}

/** Small good images of the formats that the parser takes. Errors: `usage` where there are none. */
function builtInSeeds({
  reference,
  revision,
  arch,
}: Pick<ParserUnderTest, "reference" | "revision" | "arch">): Result<readonly SeedInput[]> {
  const without = (what: string) =>
    err({
      reason: "usage",
      detail: `${what} has no good images to start from: give one by --image`,
    } as const);
  if (reference === NO_REFERENCE) return without("--reference none");
  if (typeof reference === "object") {
    const images = reference.goodImages(revision, arch);
    return images.ok && images.value.length === 0 ? without(`--reference ${reference.file}`) : images;
  }
  const formats = formatsOf(reference, revision);
  return ok(
    goodFiles(revision, arch)
      .filter(({ format }) => formats.includes(format))
      .map(({ name, image }) => ({ name, image })),
  );
}

/** The command that judges the parser on a saved case, by the same limits. */
function verifyCommandLine(request: FuzzRequest, revision: Revision, image: string): string {
  const { parser, reference, arch, limits } = request;
  const given = (name: string, value: string | number | undefined) =>
    value === undefined ? [] : [name, String(value)];
  return shellCommand("kexec-bpf", [
    "verify",
    parser.name,
    "--image",
    image,
    "--abi",
    revision,
    ...given("--reference", reference),
    ...given("--arch", arch),
    ...given("--max-kernel", limits.kernel),
    ...given("--max-initrd", limits.initrd),
    ...given("--max-cmdline", limits.cmdline),
  ]);
}
