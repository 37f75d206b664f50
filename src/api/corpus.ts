import { basename } from "node:path";
import { setImmediate } from "node:timers/promises";
import { LARGEST_PARTS } from "#abi/limits.ts";
import type { Revision } from "#abi/revisions.ts";
import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { readInput } from "#files/input-file.ts";
import { makeFolder, removeStaleTemporaries } from "#files/output.ts";
import { withOutputSet } from "#files/output-set.ts";
import { caseFiles } from "#fuzz/case-file.ts";
import { openReference } from "#own-formats/open-reference.ts";
import type { ImageArchitecture } from "#reference-parsers/input.ts";
import { cancelled } from "#toolchain/process.ts";
import { casesOf, corpusFor, type HostileCase, hostileCorpus } from "#verify/mutations/corpus.ts";
import { type Format, OWN_FORMAT } from "#verify/mutations/formats.ts";
import { type GoodFile, goodFile, goodFileFor } from "#verify/mutations/good-file.ts";
import { formatsOf } from "#verify/mutations/good-files.ts";
import {
  expectedStream,
  NO_REFERENCE,
  type OwnReference,
  type ReferenceName,
  referenceTitle,
} from "#verify/references.ts";
import type { NamedFile } from "./common/named-file.ts";
import type { Context } from "./context.ts";

export type CorpusRequest = {
  /** Absolute; made where it is not there. */
  readonly folder: string;
  /** Only images of this format. */
  readonly format: Format | undefined;
  /** Only images for a parser with this reference: a name, or the absolute path of a module (`ImageFormat`). */
  readonly reference: string | undefined;
  /** A good image to mutate, in place of small built-in ones. */
  readonly from: NamedFile | undefined;
  /** Of the plain kernels among the built-in images. */
  readonly arch: ImageArchitecture;
  readonly abi: Revision;
};

export type CorpusReport = {
  readonly schema: 1;
  readonly folder: string;
  readonly cases: readonly {
    readonly name: string;
    readonly reference: string;
    readonly revision: Revision;
    /** What is to be made of it. */
    readonly why: string;
  }[];
};

type Named = HostileCase & { readonly reference: string };

type Judge = ReferenceName | OwnReference;

/**
 * Writes hostile images into a folder, each with its description; all or none.
 *
 * Errors: `usage` where there is no such image; those of reading the good image and of its reference parser; those of `openReference`;
 * `file-failed`, `cancelled`.
 */
export async function corpus(
  request: CorpusRequest,
  { signal }: Pick<Context, "signal">,
): Promise<Result<CorpusReport>> {
  const { folder, format, from, abi: revision } = request;
  const judge = await judgeOf(request);
  if (!judge.ok) return judge;
  const cases =
    from === undefined ? builtIn(request, judge.value) : await fromImage(from, request, judge.value);
  if (!cases.ok) return cases;
  if (cases.value.length === 0) {
    const what = typeof judge.value === "object" ? `${judge.value.name} has no goodImages()` : undefined;
    return err({ reason: "usage", detail: what ?? `revision ${revision} has no ${format}` });
  }
  const made = await makeFolder(folder);
  if (!made.ok) return made;
  const written = await writeCases(folder, revision, cases.value, signal);
  if (!written.ok) return written;
  const list = cases.value.map(({ name, reference, why }) => ({ name, reference, revision, why }));
  return ok({ schema: 1, folder, cases: list });
}

/** Writes all cases or none. Errors: `file-failed`, `cancelled`. */
function writeCases(
  folder: string,
  revision: Revision,
  cases: readonly Named[],
  signal: AbortSignal,
): Promise<Result<void>> {
  removeStaleTemporaries(folder);
  return withOutputSet(async (set) => {
    for (const { name, reference, why, image } of cases) {
      for (const output of caseFiles(folder, name, image(), { schema: 1, reference, revision, why })) {
        const added = set.add(output);
        if (!added.ok) return added;
      }
      // Whoever interrupts is heard only between two turns.
      await setImmediate();
      if (signal.aborted) return err(cancelled(signal));
    }
    return ok(undefined);
  });
}

async function judgeOf({ reference }: CorpusRequest): Promise<Result<Judge | undefined>> {
  const opened = reference === undefined ? ok(undefined) : await openReference(reference);
  if (!opened.ok) return opened;
  return opened.value === NO_REFERENCE
    ? err({ reason: "usage", detail: "--reference none has no images of its own" })
    : ok(opened.value);
}

function builtIn({ format, arch, abi }: CorpusRequest, judge: Judge | undefined): Result<readonly Named[]> {
  const wanted = (cases: readonly HostileCase[], reference: string) =>
    cases
      .filter((one) => format === undefined || one.format === format)
      .map((one) => ({ ...one, reference }));
  if (judge !== undefined) {
    const cases = corpusFor(judge, abi, arch);
    return cases.ok ? ok(wanted(cases.value, referenceTitle(judge))) : cases;
  }
  const takers = (["zboot", "uki", "plain"] as const).filter(
    (reference) => format === undefined || formatsOf(reference, abi).includes(format),
  );
  return ok(takers.flatMap((reference) => wanted(hostileCorpus(abi, reference, arch), reference)));
}

/** The image has to be one that the reference parser takes: a mutation of a bad file says nothing. */
async function fromImage(
  { file, name }: NamedFile,
  { format, abi: revision }: CorpusRequest,
  judge: Judge | undefined,
): Promise<Result<readonly Named[]>> {
  const image = await readInput(file);
  if (!image.ok) return image;
  const seed = judge === undefined ? goodFile(name, image.value) : goodFileFor(judge, name, image.value);
  const reference = judge ?? (seed === undefined ? undefined : builtInJudge(seed));
  if (seed === undefined || reference === undefined) {
    const detail = "it begins neither as a zboot file nor as an envelope nor as a UKI";
    return err({ reason: "unsupported", what: "this image", detail, file: name });
  }
  if (format !== undefined && seed.format !== format) {
    return err({ reason: "usage", detail: `${name} is of format ${seed.format}, not ${format}` });
  }
  const taken = expectedStream(reference, { image: image.value, revision, limits: LARGEST_PARTS });
  if (!taken.ok) return err(inFile(taken.failure, name));
  const title = referenceTitle(reference);
  return ok(casesOf({ ...seed, name: caseName(name) }).map((one) => ({ ...one, reference: title })));
}

function builtInJudge({ format }: GoodFile): ReferenceName | undefined {
  return format === OWN_FORMAT ? undefined : format;
}

/** `boot/Image.efi` as `image-efi`. */
function caseName(file: string): string {
  const name = basename(file).toLowerCase();
  return name.replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "image";
}
