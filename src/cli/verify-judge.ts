import { setImmediate } from "node:timers/promises";
import { err, ok, type Result } from "#core/result.ts";
import type { ErrorRecord, ImageRecord, LoadRecord, VerdictRecord } from "#core/verification.ts";
import { digest } from "#files/digest.ts";
import type { Io } from "#report/io.ts";
import { progressLine } from "#report/progress-line.ts";
import { cancelled } from "#toolchain/process.ts";
import { acceptanceOf, type LayeredVerdict } from "#verify/acceptance.ts";
import { isFor } from "#verify/corpus-case.ts";
import { examine } from "#verify/examine.ts";
import { judgeLoad } from "#verify/load.ts";
import type { Reached } from "./verify-coverage.ts";
import type { ImageInput } from "./verify-images.ts";
import type { OpenedParser } from "./verify-parsers.ts";
import type { VerifyRequest } from "./verify-request.ts";

export type JudgedImages = {
  readonly images: readonly ImageRecord[];
  readonly verdicts: readonly VerdictRecord[];
  readonly loads: readonly LoadRecord[];
  /** How long each verdict took. */
  readonly seconds: readonly number[];
  readonly errors: readonly ErrorRecord[];
};

/** Judges every parser on every image that is one for it. Errors: `cancelled`. */
export async function judgeAll(
  opened: readonly OpenedParser[],
  images: readonly ImageInput[],
  coverage: Reached,
  { comparison, faultPaths }: VerifyRequest,
  io: Io,
): Promise<Result<JudgedImages>> {
  const parsers = opened.flatMap(({ subjects }) => subjects);
  const records: ImageRecord[] = [];
  const loads: LoadRecord[] = [];
  const verdicts: VerdictRecord[] = [];
  const seconds: number[] = [];
  const errors: ErrorRecord[] = [];
  let others = 0;
  const progress = progressLine(io);
  try {
    for (const [i, { name, read, description }] of images.entries()) {
      const fitting = parsers.filter(
        ({ subject }) => description === undefined || isFor(description, subject),
      );
      if (fitting.length === 0) {
        others += 1;
        continue;
      }
      const bytes = await read();
      if (!bytes.ok) {
        errors.push({ what: "image", name, failure: bytes.failure });
        continue;
      }
      const own: LayeredVerdict[] = [];
      for (const { subject } of fitting) {
        const started = performance.now();
        const examination = await examine(subject, bytes.value, {
          coverage: coverage.get(subject),
          comparison,
          faultPaths,
          injection: description?.injection,
          beat: async (run, runs) => {
            const drawn = progress.show(
              `image ${i + 1} of ${images.length}, ${subject.name} on ${name}: run ${run + 1} of ${runs}`,
            );
            // Whoever interrupts is heard only between two turns.
            if (drawn) await setImmediate();
            return !io.signal.aborted;
          },
        });
        if (examination === undefined) return err(cancelled(io.signal));
        own.push({ layer: subject.layer, verdict: { parser: subject.name, image: name, ...examination } });
        seconds.push((performance.now() - started) / 1000);
      }
      records.push({
        file: name,
        size: bytes.value.length,
        sha256: digest(bytes.value),
        why: description?.why ?? null,
        outcome: acceptanceOf(own),
      });
      verdicts.push(...own.map(({ verdict }) => verdict));
      if (description === undefined) loads.push(...(await loadsOf(opened, name, bytes.value)));
    }
  } finally {
    progress.clear();
  }
  if (others > 0 && parsers.length > 0) {
    io.stderr(`kexec-bpf: ${others} of ${images.length} cases are for other parsers or revisions\n`);
  }
  return ok({ images: records, verdicts, loads, seconds, errors });
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
