import { dirname } from "node:path";
import { findImages, type ImageInput } from "#api/common/images.ts";
import { loadTarget } from "#api/common/load-target.ts";
import type { Context } from "#api/context.ts";
import type { KeptParser } from "#api/explore/page-parser.ts";
import { ownOfPage, PageImages, pageReference } from "#api/explore/result-page.ts";
import type { Failure } from "#core/failure.ts";
import { ok, type Result } from "#core/result.ts";
import type { ErrorRecord, Shortfall, Verification } from "#core/verification.ts";
import { shortfallsOf } from "#verify/acceptance.ts";
import { NO_REFERENCE, ownReference } from "#verify/references.ts";
import { builtInImages } from "./built-in-images.ts";
import { noneReached, parserCoverage } from "./coverage.ts";
import { type JudgedImages, judgeAll } from "./judge.ts";
import { type ExpectedBy, type OpenedParser, openExpected, openUnderTest } from "./parsers.ts";
import type { VerifyReport, VerifyRequest } from "./request.ts";

type Fail = (what: ErrorRecord["what"], name: string, failure: Failure) => void;

/**
 * Judges the parsers on the images by the reference parsers. What cannot be judged is an error in the record, and the rest is judged.
 *
 * Errors: `cancelled` alone.
 */
export async function verify(request: VerifyRequest, context: Context): Promise<Result<VerifyReport>> {
  const started = new Date();
  const errors: ErrorRecord[] = [];
  const fail: Fail = (what, name, failure) => errors.push({ what, name, failure });
  const opened = await openParsers(request, context, fail);
  if (!opened.ok) return opened;
  const parsers = opened.value.flatMap(({ subjects }) => subjects);
  const images =
    request.images.length > 0
      ? await namedImages(request, context, fail)
      : builtInImages(
          parsers.map(({ subject }) => subject),
          (failure) => fail("verification", "", failure),
        );

  const reached = noneReached(parsers);
  const kept = request.keep ? new PageImages() : undefined;
  const judged = await judgeAll(
    { ...request, opened: opened.value, images, reached, keep: kept?.add },
    context,
  );
  if (!judged.ok) return judged;
  errors.push(...judged.value.errors);
  const coverage = request.coverage ? await parserCoverage(reached) : ok(undefined);
  if (!coverage.ok) fail("verification", "", coverage.failure);
  const records = parsers.map(({ record }) => record);
  return ok({
    verification: recordOf(request, images.length, { parsers: records, ...judged.value, errors }),
    times: { started, seconds: judged.value.seconds },
    coverage: coverage.ok ? coverage.value : undefined,
    kept: kept && {
      images: kept.images,
      parsers: opened.value.map((one) => keptParser(one, request)),
      own: parsers.flatMap(({ subject }) => ownOfPage(subject.reference) ?? [])[0],
    },
  });
}

function keptParser({ subjects, bytes }: OpenedParser, request: VerifyRequest): KeptParser {
  const [{ subject, record: first } = {}] = subjects;
  const named = request.reference !== undefined || request.expected !== undefined;
  return {
    name: first?.file ?? "",
    bytes,
    limits: first?.limits ?? null,
    revision: subject?.revision ?? null,
    reference: named ? pageReference(subject?.reference ?? NO_REFERENCE) : null,
    arch: request.arch ?? null,
  };
}

/** Errors: `cancelled`. */
async function openParsers(
  request: VerifyRequest,
  context: Context,
  fail: Fail,
): Promise<Result<readonly OpenedParser[]>> {
  const target = await loadTarget(request, context);
  if (!target.ok) {
    fail("verification", "", target.failure);
    return ok([]);
  }
  const reference = await openExpected(request);
  if (!reference.ok) {
    fail("verification", "", reference.failure);
    return ok([]);
  }
  for (const file of [request.expected, ownFileOf(reference.value)]) {
    if (file !== undefined) context.emit({ kind: "input", file });
  }
  const opened: OpenedParser[] = [];
  for (const named of request.parsers) {
    const parser = await openUnderTest(named, request, target.value, reference.value, context);
    if (parser.ok) {
      opened.push(parser.value);
      for (const file of parser.value.sources) context.emit({ kind: "input", file });
    } else if (parser.failure.reason === "cancelled") return parser;
    else fail("parser", named.name, parser.failure);
  }
  return ok(opened);
}

function ownFileOf(expected: ExpectedBy): string | undefined {
  return expected && ownReference(expected.reference)?.file;
}

async function namedImages(
  { images }: VerifyRequest,
  { emit }: Context,
  fail: Fail,
): Promise<readonly ImageInput[]> {
  const { found, errors } = await findImages(images);
  for (const { name, file } of found) {
    emit({ kind: "input", file });
    // Found in a folder, where others may come up.
    if (!images.some((one) => one.name === name)) emit({ kind: "input", file: dirname(file) });
  }
  for (const { name, failure } of errors) fail("image", name, failure);
  return found;
}

/** @param tried how many images there were, those for other parsers among them */
function recordOf(
  { comparison, faultPaths, expect }: VerifyRequest,
  tried: number,
  { parsers, images, verdicts, loads, errors }: Pick<Verification, "parsers"> & Omit<JudgedImages, "seconds">,
): Verification {
  const accepted = images.filter(({ outcome }) => outcome === "accepted").length;
  const unloaded = loads.flatMap(({ outcome, container, image, failure }): readonly Shortfall[] =>
    outcome === "fails" && failure !== null ? [{ kind: "load-fails", container, image, failure }] : [],
  );
  const shortfalls = shortfallsOf(
    images.map((record) => ({ ...record, described: record.why !== null })),
    tried,
    expect,
  );
  return {
    schema: 1,
    comparison,
    faultPaths,
    expect: expect ?? null,
    parsers,
    images,
    verdicts,
    loads,
    errors,
    counts: { judged: images.length, accepted, refused: images.length - accepted },
    // Where nothing could be judged, the errors say why.
    shortfalls: [
      ...unloaded,
      ...shortfalls.filter(({ kind }) => kind !== "nothing-judged" || errors.length === 0),
    ],
  };
}
