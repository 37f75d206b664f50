import { basename } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Revision } from "#abi/revisions.ts";
import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { readInput } from "#files/input-file.ts";
import { makeFolder, removeStaleTemporaries } from "#files/output.ts";
import { withOutputSet } from "#files/output-set.ts";
import { openSeeds } from "#fuzz/campaign-input.ts";
import { caseFiles } from "#fuzz/case-file.ts";
import { cancelled } from "#toolchain/process.ts";
import { casesOf, type HostileCase, hostileCorpus } from "#verify/mutations/corpus.ts";
import type { Format } from "#verify/mutations/formats.ts";
import { formatsOf } from "#verify/mutations/good-files.ts";
import { expectedStream, type ReferenceName } from "#verify/references.ts";
import { LARGEST_PARTS } from "./common/limits.ts";
import type { NamedFile } from "./common/named-file.ts";
import type { Context } from "./context.ts";

export type CorpusRequest = {
  /** Absolute; made where it is not there. */
  readonly folder: string;
  /** Only images of this format. */
  readonly format: Format | undefined;
  /** A good image to mutate, in place of small built-in ones. */
  readonly from: NamedFile | undefined;
  readonly abi: Revision;
};

export type CorpusReport = {
  readonly schema: 1;
  readonly folder: string;
  readonly cases: readonly {
    readonly name: string;
    readonly reference: ReferenceName;
    readonly revision: Revision;
    /** What is to be made of it. */
    readonly why: string;
  }[];
};

type Named = HostileCase & { readonly reference: ReferenceName };

/**
 * Writes hostile images into a folder, each with its description; all or none.
 *
 * Errors: `usage` where there is no such image; those of reading the good image and of its reference parser; `file-failed`, `cancelled`.
 */
export async function corpus(
  request: CorpusRequest,
  { signal }: Pick<Context, "signal">,
): Promise<Result<CorpusReport>> {
  const { folder, format, from, abi: revision } = request;
  const cases = from === undefined ? ok(builtIn(request)) : await fromImage(from, request);
  if (!cases.ok) return cases;
  if (cases.value.length === 0)
    return err({ reason: "usage", detail: `revision ${revision} has no ${format}` });
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

function builtIn({ format, abi }: CorpusRequest): readonly Named[] {
  const takers = (["zboot", "uki", "plain"] as const).filter(
    (reference) => format === undefined || formatsOf(reference, abi).includes(format),
  );
  return takers.flatMap((reference) =>
    hostileCorpus(abi, reference)
      .filter((one) => format === undefined || one.format === format)
      .map((one) => ({ ...one, reference })),
  );
}

/** The image has to be one that the reference parser takes: a mutation of a bad file says nothing. */
async function fromImage(
  { file, name }: NamedFile,
  { format, abi: revision }: CorpusRequest,
): Promise<Result<readonly Named[]>> {
  const image = await readInput(file);
  if (!image.ok) return image;
  const seeds = openSeeds([{ name, image: image.value }]);
  if (!seeds.ok) return seeds;
  const [seed] = seeds.value;
  if (seed === undefined) return ok([]);
  if (format !== undefined && seed.format !== format) {
    return err({ reason: "usage", detail: `${name} is of format ${seed.format}, not ${format}` });
  }
  const reference = seed.format;
  const taken = expectedStream(reference, { image: image.value, revision, limits: LARGEST_PARTS });
  if (!taken.ok) return err(inFile(taken.failure, name));
  return ok(casesOf({ ...seed, name: caseName(name) }).map((one) => ({ ...one, reference })));
}

/** `boot/Image.efi` as `image-efi`. */
function caseName(file: string): string {
  const name = basename(file).toLowerCase();
  return name.replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "image";
}
