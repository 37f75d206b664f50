import type { ImageInput } from "#api/common/images.ts";
import { turns } from "#api/common/turns.ts";
import type { Context } from "#api/context.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { ErrorRecord, ImageRecord, LoadRecord, VerdictRecord } from "#core/verification.ts";
import type { NamedBytes } from "#crosscheck/subject.ts";
import { digest } from "#files/digest.ts";
import { cancelled } from "#toolchain/process.ts";
import { acceptanceOf, type LayeredVerdict } from "#verify/acceptance.ts";
import { isFor } from "#verify/corpus-case.ts";
import { examine } from "#verify/examine.ts";
import { judgeLoad } from "#verify/load.ts";
import type { ParserUnderTest } from "#verify/subject.ts";
import type { Reached } from "./coverage.ts";
import type { OpenedParser } from "./parsers.ts";
import type { VerifyRequest } from "./request.ts";

export type JudgedImages = {
  readonly images: readonly ImageRecord[];
  readonly verdicts: readonly VerdictRecord[];
  readonly loads: readonly LoadRecord[];
  /** How long each verdict took. */
  readonly seconds: readonly number[];
  readonly errors: readonly ErrorRecord[];
};

type Work = Pick<VerifyRequest, "comparison" | "faultPaths"> & {
  readonly opened: readonly OpenedParser[];
  readonly images: readonly ImageInput[];
  /** Gets each image that was judged, and whether anything is wrong. */
  readonly keep?: ((image: NamedBytes, wrong: boolean) => void) | undefined;
  /** Where the runs note what they reach. */
  readonly reached: Reached;
};

/** Judges every parser on every image that is one for it. Errors: `cancelled`. */
export async function judgeAll(
  work: Work,
  context: Pick<Context, "signal" | "emit">,
): Promise<Result<JudgedImages>> {
  const { opened, images } = work;
  const parsers = opened.flatMap(({ subjects }) => subjects.map(({ subject }) => subject));
  const judged = {
    images: [] as ImageRecord[],
    loads: [] as LoadRecord[],
    verdicts: [] as VerdictRecord[],
    seconds: [] as number[],
    errors: [] as ErrorRecord[],
  };
  const goesOn = turns(context.signal);
  let others = 0;
  for (const [i, image] of images.entries()) {
    const { name, read, description } = image;
    const fitting = parsers.filter((subject) => description === undefined || isFor(description, subject));
    if (fitting.length === 0) {
      others += 1;
      continue;
    }
    const bytes = await read();
    if (!bytes.ok) {
      judged.errors.push({ what: "image", name, failure: bytes.failure });
      continue;
    }
    const beat = (what: string): Promise<boolean> => {
      context.emit({ kind: "progress", what, done: i + 1, total: images.length });
      return goesOn();
    };
    const own = await judgeOne(work, fitting, image, bytes.value, beat);
    if (own === undefined) return err(cancelled(context.signal));
    judged.images.push({
      file: name,
      size: bytes.value.length,
      sha256: digest(bytes.value),
      why: description?.why ?? null,
      outcome: acceptanceOf(own),
    });
    work.keep?.(
      { name, bytes: bytes.value },
      own.some(({ verdict }) => !verdict.ok),
    );
    judged.verdicts.push(...own.map(({ verdict }) => verdict));
    judged.seconds.push(...own.map(({ seconds }) => seconds));
    if (description === undefined) judged.loads.push(...(await loadsOf(opened, name, bytes.value)));
  }
  if (others > 0 && parsers.length > 0) {
    const text = `${others} of ${images.length} cases are for other parsers or revisions`;
    context.emit({ kind: "note", text });
  }
  return ok(judged);
}

type TimedVerdict = LayeredVerdict & { readonly verdict: VerdictRecord; readonly seconds: number };

/** The verdicts of the parsers on one image; undefined where `beat` ends it. */
async function judgeOne(
  { comparison, faultPaths, reached }: Work,
  subjects: readonly ParserUnderTest[],
  { name, description }: ImageInput,
  bytes: Uint8Array,
  beat: (what: string) => Promise<boolean>,
): Promise<readonly TimedVerdict[] | undefined> {
  const own: TimedVerdict[] = [];
  for (const subject of subjects) {
    const started = performance.now();
    const examination = await examine(subject, bytes, {
      coverage: reached.get(subject),
      comparison,
      faultPaths,
      injection: description?.injection,
      beat: (run, runs) => beat(`${subject.name} on ${name}: run ${run + 1} of ${runs}`),
    });
    if (examination === undefined) return undefined;
    const seconds = (performance.now() - started) / 1000;
    own.push({
      layer: subject.layer,
      verdict: { parser: subject.name, image: name, ...examination },
      seconds,
    });
  }
  return own;
}

/** What the loader makes of an image with each of the containers. */
async function loadsOf(
  opened: readonly OpenedParser[],
  image: string,
  bytes: Uint8Array,
): Promise<readonly LoadRecord[]> {
  const loads: LoadRecord[] = [];
  for (const { container, subjects } of opened) {
    const [first] = subjects;
    if (container === undefined || first === undefined) continue;
    const verdict = await judgeLoad(
      container,
      bytes,
      subjects.map(({ subject }) => subject),
    );
    loads.push({ container: first.record.file, image, ...verdict });
  }
  return loads;
}
