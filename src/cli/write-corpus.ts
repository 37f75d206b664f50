import { basename, resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Revision } from "#abi/revisions.ts";
import { LARGEST_PARTS } from "#api/limits.ts";
import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { readInput } from "#files/input-file.ts";
import { makeFolder, removeStaleTemporaries } from "#files/output.ts";
import { withOutputSet } from "#files/output-set.ts";
import { openSeeds } from "#fuzz/campaign-input.ts";
import { caseFiles } from "#fuzz/case-file.ts";
import { EXIT } from "#report/exit-code.ts";
import type { Io } from "#report/io.ts";
import { report } from "#report/report-failure.ts";
import { cancelled } from "#toolchain/process.ts";
import { casesOf, type HostileCase, hostileCorpus } from "#verify/mutations/corpus.ts";
import type { Format } from "#verify/mutations/good-file.ts";
import { formatsOf } from "#verify/mutations/good-files.ts";
import { expectedStream, type ReferenceName } from "#verify/references.ts";

export type CorpusOptions = {
  readonly output: string;
  readonly format: Format | undefined;
  readonly from: string | undefined;
  readonly abi: Revision;
  readonly json: boolean;
};

type Named = HostileCase & { readonly reference: ReferenceName };

/** Writes the corpus that was asked for and gives the exit status. */
export async function writeCorpus(options: CorpusOptions, io: Io): Promise<number> {
  const { abi: revision } = options;
  const cases =
    options.from === undefined ? ok(builtIn(options)) : await fromImage(options.from, options, io);
  if (!cases.ok) return report(io, cases.failure);
  if (cases.value.length === 0) {
    return report(io, { reason: "usage", detail: `revision ${revision} has no ${options.format}` });
  }
  const folder = resolve(io.cwd, options.output);
  const made = await makeFolder(folder);
  if (!made.ok) return report(io, made.failure);
  const written = await writeCases(folder, revision, cases.value, io.signal);
  if (!written.ok) return report(io, written.failure);
  const list = cases.value.map(({ name, reference, why }) => ({ name, reference, revision, why }));
  io.stdout(
    options.json
      ? `${JSON.stringify({ schema: 1, folder, cases: list })}\n`
      : `${options.output}: ${list.length} images of revision ${revision}\n`,
  );
  return EXIT.ok;
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

function builtIn({ format, abi }: CorpusOptions): readonly Named[] {
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
  file: string,
  { format, abi: revision }: CorpusOptions,
  io: Io,
): Promise<Result<readonly Named[]>> {
  const image = await readInput(resolve(io.cwd, file));
  if (!image.ok) return image;
  const seeds = openSeeds([{ name: file, image: image.value }]);
  if (!seeds.ok) return seeds;
  const [seed] = seeds.value;
  if (seed === undefined) return ok([]);
  if (format !== undefined && seed.format !== format) {
    return err({ reason: "usage", detail: `${file} is of format ${seed.format}, not ${format}` });
  }
  const reference = seed.format;
  const taken = expectedStream(reference, { image: image.value, revision, limits: LARGEST_PARTS });
  if (!taken.ok) return err(inFile(taken.failure, file));
  return ok(casesOf({ ...seed, name: caseName(file) }).map((one) => ({ ...one, reference })));
}

/** `boot/Image.efi` as `image-efi`. */
function caseName(file: string): string {
  const name = basename(file).toLowerCase();
  return name.replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "image";
}
