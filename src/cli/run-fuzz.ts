import { join, relative, resolve } from "node:path";
import type { Revision } from "#abi/revisions.ts";
import type { ParserOfRevision } from "#bpf-vm/own-revision.ts";
import { type Failure, inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { readInput } from "#files/input-file.ts";
import { loadInput, type ParserInput, type SeedInput, subjectOf } from "#fuzz/campaign-input.ts";
import { runCampaign } from "#fuzz/run-campaign.ts";
import type { RecordLimits } from "#reference-parsers/input.ts";
import { EXIT } from "#report/exit-code.ts";
import { shellCommand } from "#toolchain/command-line.ts";
import { formatsOf, goodFiles } from "#verify/mutations/good-files.ts";
import type { ParserArchitecture } from "#verify/parser-architecture.ts";
import { expectedStream, type ReferenceName } from "#verify/references.ts";
import type { ParserUnderTest } from "#verify/subject.ts";
import { progressPrinter, summaryJson, summaryText } from "./fuzz-text.ts";
import type { Io } from "./io.ts";
import { LARGEST_PARTS } from "./limits.ts";
import { packageRoot } from "./package-root.ts";
import { report } from "./report-failure.ts";
import { limitsOf } from "./verify-parsers.ts";

export type FuzzOptions = {
  readonly parser: string;
  readonly image: readonly string[];
  readonly corpus: string | undefined;
  readonly seed: number | undefined;
  readonly runs: number | undefined;
  /** Seconds. */
  readonly time: number | undefined;
  readonly workers: number;
  readonly reference: ReferenceName | undefined;
  readonly abi: Revision | undefined;
  readonly arch: ParserArchitecture | undefined;
  /** Bytes. */
  readonly maxKernel: number | undefined;
  readonly maxInitrd: number | undefined;
  readonly maxCmdline: number | undefined;
  readonly json: boolean;
};

/** Bytes from which on copying an image takes longer than judging it. */
const LARGE = 1 << 20;

/** Runs a campaign and gives the exit status: 1 with findings. An interrupt ends it as a limit does. */
export async function runFuzz(options: FuzzOptions, io: Io): Promise<number> {
  const bytes = await readInput(resolve(io.cwd, options.parser));
  if (!bytes.ok) return report(io, bytes.failure);
  const { parser: name, abi, reference, arch } = options;
  const loaded = loadInput(name, bytes.value, abi);
  if (!loaded.ok) return report(io, loaded.failure);
  const { revision } = loaded.value;
  const limits = await recordLimits(options, loaded.value, io);
  const parser: ParserInput = { name, bytes: bytes.value, revision, limits, reference, arch };
  const subject = subjectOf(loaded.value.parser, parser);
  if (!subject.ok) return report(io, subject.failure);
  const seeds = await seedsOf(options, subject.value, io);
  if (!seeds.ok) return report(io, seeds.failure);
  const printer = progressPrinter(io);
  const folder = options.corpus ?? `${options.parser}.fuzz`;
  const summary = await runCampaign({
    parser,
    subject: subject.value,
    seeds: seeds.value,
    seed: options.seed,
    cases: options.runs ?? Number.POSITIVE_INFINITY,
    seconds: options.time ?? Number.POSITIVE_INFINITY,
    workers: options.workers,
    workerFile: join(packageRoot(), "dist", "fuzz-worker.mjs"),
    folder: resolve(io.cwd, folder),
    commandFor: (image) => verifyCommandLine(options, revision, relative(io.cwd, image)),
    signal: io.signal,
    progress: printer.show,
    note: (words) => io.stderr(`kexec-bpf: ${words}\n`),
  });
  printer.end();
  if (!summary.ok) return report(io, elsewhere(summary.failure, resolve(io.cwd, folder), options));
  io.stdout(
    options.json
      ? `${JSON.stringify(summaryJson(options.parser, options.workers, summary.value))}\n`
      : summaryText(options.parser, folder, summary.value),
  );
  return summary.value.saved.length === 0 ? EXIT.ok : EXIT.failed;
}

/** Parsers lie in folders where not everybody may write. */
function elsewhere(failure: Failure, folder: string, { corpus }: FuzzOptions): Failure {
  return corpus === undefined && failure.reason === "file-failed" && failure.file.startsWith(folder)
    ? { ...failure, hint: "--corpus FOLDER keeps queue and findings elsewhere" }
    : failure;
}

/** What the records have room for, found as `verify` does: a larger part is refused, and rightly so. */
async function recordLimits(
  { parser: file, maxKernel, maxInitrd, maxCmdline }: FuzzOptions,
  { parser, revision }: ParserOfRevision,
  io: Io,
): Promise<RecordLimits> {
  const given = { kernel: maxKernel, initrd: maxInitrd, cmdline: maxCmdline };
  const found = await limitsOf(resolve(io.cwd, file), parser, { limits: given, include: [] }, revision);
  return found.limits;
}

/** The user's images, which have to be good, else built-in files of the formats that the parser takes. */
async function seedsOf(
  { image: files }: FuzzOptions,
  { reference, revision, arch }: ParserUnderTest,
  io: Io,
): Promise<Result<readonly SeedInput[]>> {
  const seeds: SeedInput[] = [];
  for (const file of files) {
    const image = await readInput(resolve(io.cwd, file));
    if (!image.ok) return image;
    const taken = expectedStream(reference, { image: image.value, revision, arch, limits: LARGEST_PARTS });
    if (!taken.ok) return err(inFile(taken.failure, file));
    if (image.value.length > LARGE) {
      io.stderr(
        `kexec-bpf: ${file} is copied for each case: a small image of its kind is tried far faster\n`,
      );
    }
    // A copy: the buffer of a small file is a part of one that has other things in it, which threads would get, too.
    seeds.push({ name: file, image: Uint8Array.from(image.value) });
  }
  if (seeds.length > 0) return ok(seeds);
  const formats = formatsOf(reference, revision);
  return ok(
    goodFiles(revision, arch)
      .filter(({ format }) => formats.includes(format))
      .map(({ name, image }) => ({ name, image })),
  );
}

/** The command that judges the parser on a saved case, by the same limits. */
function verifyCommandLine(options: FuzzOptions, revision: Revision, image: string): string {
  const { parser, reference, arch, maxKernel, maxInitrd, maxCmdline } = options;
  const given = (name: string, value: string | number | undefined) =>
    value === undefined ? [] : [name, String(value)];
  return shellCommand("kexec-bpf", [
    "verify",
    parser,
    "--image",
    image,
    "--abi",
    revision,
    ...given("--reference", reference),
    ...given("--arch", arch),
    ...given("--max-kernel", maxKernel),
    ...given("--max-initrd", maxInitrd),
    ...given("--max-cmdline", maxCmdline),
  ]);
}
