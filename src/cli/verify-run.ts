import { dirname, resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { CoverageReport } from "#core/coverage.ts";
import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { ImageRecord, VerdictRecord, Verification } from "#core/verification.ts";
import { deliver } from "#files/deliver.ts";
import { digest } from "#files/digest.ts";
import { readInput } from "#files/input-file.ts";
import { type Stamp, stampOf } from "#files/stamp.ts";
import { coverageText } from "#report/coverage-text.ts";
import { EXIT } from "#report/exit-code.ts";
import { junitReport } from "#report/junit.ts";
import { sarifReport } from "#report/sarif.ts";
import { styleFor } from "#report/style.ts";
import { verificationText } from "#report/verification-text.ts";
import { cancelled } from "#toolchain/process.ts";
import { isFor } from "#verify/corpus-case.ts";
import { examine } from "#verify/examine.ts";
import type { Io } from "./io.ts";
import { progressLine } from "./progress-line.ts";
import { report } from "./report-failure.ts";
import { VERSION } from "./request-key.ts";
import { noneReached, parserCoverage, type Reached } from "./verify-coverage.ts";
import { findImages, type ImageFile } from "./verify-images.ts";
import { loadTarget, type OpenedParser, openParser } from "./verify-parsers.ts";
import type { VerifyRequest } from "./verify-request.ts";
import { whenChanged } from "./when-changed.ts";

/** Judges the parsers on the images and reports; gives the exit status. */
export async function runVerify(request: VerifyRequest, io: Io): Promise<number> {
  let known = [...request.parsers, ...request.images].map((name) => resolve(io.cwd, name));
  for (;;) {
    // What is used is stamped before it is judged, so that a change in the meantime counts.
    const watched = new Map<string, Stamp>();
    const watch = (file: string) => {
      if (!watched.has(file)) watched.set(file, stampOf(file));
    };
    known.forEach(watch);
    const verification = await verify(request, io, watch);
    const status = verification.ok
      ? await tell(verification.value, request, io)
      : report(io, verification.failure);
    if (!request.watch || io.signal.aborted) return status;
    // Our own reports are no news.
    const written = [request.junit, request.sarif].filter((file) => file !== undefined);
    for (const path of written.flatMap((file) => [file, dirname(file)])) {
      if (watched.has(path)) watched.set(path, stampOf(path));
    }
    io.stderr(`kexec-bpf: watching ${watched.size} files and folders (Ctrl-C ends)\n`);
    const changed = await whenChanged(watched, io.signal);
    if (changed === undefined) return status;
    io.stderr(`kexec-bpf: ${changed} has changed\n`);
    known = [...watched.keys()];
  }
}

/** What came of a verification; the coverage where it was asked for. */
type Verified = {
  readonly verification: Verification;
  readonly coverage: readonly CoverageReport[] | undefined;
};

async function verify(
  request: VerifyRequest,
  io: Io,
  uses: (file: string) => void,
): Promise<Result<Verified>> {
  const target = await loadTarget(request, io);
  if (!target.ok) return target;
  const parsers: OpenedParser["subjects"][number][] = [];
  for (const name of request.parsers) {
    const opened = await openParser(name, request, target.value, io);
    if (!opened.ok) return opened;
    parsers.push(...opened.value.subjects);
    opened.value.sources.forEach(uses);
  }
  const images = await findImages(request.images, io.cwd);
  if (!images.ok) return images;
  for (const { name, file } of images.value) {
    uses(file);
    // Found in a folder, where others may come up.
    if (!request.images.includes(name)) uses(dirname(file));
  }
  const reached = noneReached(parsers);
  const judged = await judgeAll(parsers, images.value, reached, request, io);
  if (!judged.ok) return judged;
  if (!request.coverage) return ok({ verification: judged.value, coverage: undefined });
  const coverage = await parserCoverage(reached);
  return coverage.ok ? ok({ verification: judged.value, coverage: coverage.value }) : coverage;
}

async function judgeAll(
  parsers: OpenedParser["subjects"],
  images: readonly ImageFile[],
  coverage: Reached,
  { comparison, faultPaths }: VerifyRequest,
  io: Io,
): Promise<Result<Verification>> {
  const records: ImageRecord[] = [];
  const verdicts: VerdictRecord[] = [];
  const progress = progressLine(io);
  try {
    for (const [i, { name, file, description }] of images.entries()) {
      const fitting = parsers.filter(
        ({ subject }) => description === undefined || isFor(description, subject),
      );
      if (fitting.length === 0) continue;
      const bytes = await readInput(file);
      if (!bytes.ok) return bytes;
      records.push({
        file: name,
        size: bytes.value.length,
        sha256: digest(bytes.value),
        why: description?.why ?? null,
      });
      for (const { subject } of fitting) {
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
        verdicts.push({ parser: subject.name, image: name, ...examination });
      }
    }
  } finally {
    progress.clear();
  }
  const left = images.length - records.length;
  if (left > 0)
    io.stderr(`kexec-bpf: ${left} of ${images.length} cases are for other parsers or revisions\n`);
  return ok({
    schema: 1,
    comparison,
    faultPaths,
    parsers: parsers.map(({ record }) => record),
    images: records,
    verdicts,
  });
}

/** Writes the reports; the exit status says whether everything was ok. */
async function tell({ verification, coverage }: Verified, request: VerifyRequest, io: Io): Promise<number> {
  const { verdicts } = verification;
  io.stdout(
    request.json
      ? `${JSON.stringify({ ...verification, ...(coverage && { coverage }) })}\n`
      : verificationText(verification, styleFor(io.terminal.stdout, io.env)),
  );
  if (!request.json) for (const one of coverage ?? []) io.stdout(`\n${coverageText(one)}`);
  const reports = [
    [request.junit, junitReport],
    [request.sarif, (found: Verification) => sarifReport(found, VERSION)],
  ] as const;
  for (const [file, make] of reports) {
    if (file === undefined) continue;
    const written = await deliver(file, make(verification), io.signal);
    if (!written.ok) return report(io, inFile(written.failure, file));
  }
  // Nothing judged is nothing proven.
  return verdicts.length > 0 && verdicts.every(({ ok }) => ok) ? EXIT.ok : EXIT.failed;
}
