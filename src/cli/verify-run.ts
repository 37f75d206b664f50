import { dirname, resolve } from "node:path";
import type { Failure } from "#core/failure.ts";
import { ok, type Result } from "#core/result.ts";
import type { ErrorRecord, Shortfall } from "#core/verification.ts";
import { type Stamp, stampOf } from "#files/stamp.ts";
import type { Io } from "#report/io.ts";
import { report } from "#report/report-failure.ts";
import { shortfallsOf } from "#verify/acceptance.ts";
import { builtInImages } from "./built-in-images.ts";
import { noneReached, parserCoverage } from "./verify-coverage.ts";
import { type FoundImages, findImages } from "./verify-images.ts";
import { judgeAll } from "./verify-judge.ts";
import { loadTarget, type OpenedParser, openParser } from "./verify-parsers.ts";
import { publish, reportFiles, type Verified, withoutOldReports } from "./verify-reports.ts";
import type { VerifyRequest } from "./verify-request.ts";
import { whenChanged } from "./when-changed.ts";

/** Judges the parsers on the images and reports; gives the exit status. */
export async function runVerify(request: VerifyRequest, io: Io): Promise<number> {
  const written = reportFiles(request);
  const inputs = [...request.parsers, ...request.images].map((name) => resolve(io.cwd, name));
  const twice = written.find((file, i) => inputs.includes(file) || written.indexOf(file) !== i);
  if (twice !== undefined) {
    return report(io, { reason: "usage", detail: `${twice}: a report needs a file of its own` });
  }
  let known: readonly string[] = inputs;
  for (;;) {
    // What is used is stamped before it is judged, so that a change in the meantime counts.
    const watched = new Map<string, Stamp>();
    const watch = (file: string) => {
      if (!watched.has(file)) watched.set(file, stampOf(file));
    };
    known.forEach(watch);
    const status = await verifyOnce(request, io, watch);
    if (!request.watch || io.signal.aborted) return status;
    // Our own reports are no news.
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

async function verifyOnce(request: VerifyRequest, io: Io, uses: (file: string) => void): Promise<number> {
  const cleared = withoutOldReports(request);
  if (!cleared.ok) return report(io, cleared.failure);
  const verified = await verify(request, io, uses);
  return verified.ok ? publish(verified.value, request, io) : report(io, verified.failure);
}

const NO_FILES: FoundImages = { found: [], errors: [] };

/** What cannot be judged is an error in the record, and the rest is judged. Errors: `cancelled` alone. */
async function verify(
  request: VerifyRequest,
  io: Io,
  uses: (file: string) => void,
): Promise<Result<Verified>> {
  const started = new Date();
  const errors: ErrorRecord[] = [];
  const fail = (what: ErrorRecord["what"], name: string, failure: Failure): void => {
    errors.push({ what, name, failure });
  };
  const opened: OpenedParser[] = [];
  const target = await loadTarget(request, io);
  if (!target.ok) fail("verification", "", target.failure);
  for (const name of target.ok ? request.parsers : []) {
    const parser = target.ok ? await openParser(name, request, target.value, io) : target;
    if (parser.ok) {
      opened.push(parser.value);
      parser.value.sources.forEach(uses);
    } else if (parser.failure.reason === "cancelled") return parser;
    else fail("parser", name, parser.failure);
  }
  const parsers = opened.flatMap(({ subjects }) => subjects);
  const named = request.images.length > 0 ? await findImages(request.images, io.cwd) : NO_FILES;
  const images =
    request.images.length > 0 ? named.found : builtInImages(parsers.map(({ subject }) => subject));
  for (const { name, file } of named.found) {
    uses(file);
    // Found in a folder, where others may come up.
    if (!request.images.includes(name)) uses(dirname(file));
  }
  for (const { name, failure } of named.errors) fail("image", name, failure);

  const reached = noneReached(parsers);
  const judged = await judgeAll(opened, images, reached, request, io);
  if (!judged.ok) return judged;
  const { verdicts, loads, seconds, images: records } = judged.value;
  errors.push(...judged.value.errors);
  const coverage = request.coverage ? await parserCoverage(reached) : ok(undefined);
  if (!coverage.ok) fail("verification", "", coverage.failure);

  const accepted = records.filter(({ outcome }) => outcome === "accepted").length;
  const unloaded = loads.flatMap(({ outcome, container, image, failure }): readonly Shortfall[] =>
    outcome === "fails" && failure !== null ? [{ kind: "load-fails", container, image, failure }] : [],
  );
  const shortfalls = shortfallsOf(
    records.map((record) => ({ ...record, described: record.why !== null })),
    images.length,
    request.expect,
  );
  return ok({
    verification: {
      schema: 1,
      comparison: request.comparison,
      faultPaths: request.faultPaths,
      expect: request.expect ?? null,
      parsers: parsers.map(({ record }) => record),
      images: records,
      verdicts,
      loads,
      errors,
      counts: { judged: records.length, accepted, refused: records.length - accepted },
      // Where nothing could be judged, the errors say why.
      shortfalls: [
        ...unloaded,
        ...shortfalls.filter(({ kind }) => kind !== "nothing-judged" || errors.length === 0),
      ],
    },
    times: { started, seconds },
    coverage: coverage.ok ? coverage.value : undefined,
  });
}
