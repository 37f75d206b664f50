import { loadTarget } from "#api/common/load-target.ts";
import type { Context } from "#api/context.ts";
import { proofPage } from "#api/explore/proof-page.ts";
import { type OpenedParser, openUnderTest } from "#api/verify/parsers.ts";
import type { ProgramRecord, ProofRecord } from "#core/proof-record.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { ErrorRecord } from "#core/verification.ts";
import { makeFolder } from "#files/output.ts";
import { writeOutputs } from "#files/output-set.ts";
import { openReference } from "#own-formats/open-reference.ts";
import { SPECIFICATION_VERSION } from "#prove/specification/version.ts";
import { cancelled } from "#toolchain/process.ts";
import { NO_REFERENCE, type Reference } from "#verify/references.ts";
import { certificateOf } from "./certificate.ts";
import { type Desk, proveSubject } from "./program.ts";
import type { ProveRequest } from "./request.ts";
import { openSolver } from "./solver.ts";

/** Whether all that was asked for is proven. */
export function isProof({ programs, errors }: ProofRecord): boolean {
  return programs.length > 0 && errors.length === 0 && programs.every(({ proven }) => proven);
}

/**
 * Proves parsers, or finds images that show what is wrong with them. What cannot be opened is an error in the record, and the rest
 * is proven. Counterexamples and scripts are written in any case, all or none; the certificate where everything is proven.
 *
 * Errors: `cancelled`; `unsupported`, `tool-missing` and `tool-failed` of solvers; `file-failed`.
 */
export async function prove(request: ProveRequest, context: Context): Promise<Result<ProofRecord>> {
  const opened = await openAll(request, context);
  if (!opened.ok) return opened;
  const { parsers, errors } = opened.value;
  const solver = await openSolver(request.solver, request.timeout);
  if (!solver.ok) return solver;
  try {
    const desk: Desk = { solver: solver.value, outputs: [], images: new Map(), proven: new Map() };
    const programs = await proveAll(parsers, request, desk, context);
    if (!programs.ok) return programs;
    const { name, version } = solver.value;
    const record: ProofRecord = {
      schema: 1,
      specification: SPECIFICATION_VERSION,
      solver: { name, version },
      programs: programs.value,
      errors,
    };
    const written = await write(request, record, desk, context);
    return written.ok ? ok(record) : written;
  } finally {
    solver.value.close();
  }
}

async function write(
  { certificate, withTimes, parsers, counterexamples, smt2, html }: ProveRequest,
  record: ProofRecord,
  { outputs, images }: Desk,
  context: Context,
): Promise<Result<void>> {
  for (const folder of [counterexamples, smt2]) {
    if (folder === undefined) continue;
    const made = await makeFolder(folder);
    if (!made.ok) return made;
  }
  const files = new Map(parsers.map(({ name, file }) => [name, file]));
  const own =
    certificate === undefined || !isProof(record)
      ? []
      : [certificateOf(certificate, record, files, withTimes)];
  if (html === undefined) return writeOutputs([...outputs, ...own]);
  const page = await proofPage(record, parsers, images, context);
  return page.ok ? writeOutputs([...outputs, ...own, { file: html, content: page.value }]) : page;
}

type Opened = { readonly parsers: readonly OpenedParser[]; readonly errors: readonly ErrorRecord[] };

/** Errors: `cancelled`; those of `openReference` and `loadTarget`. */
async function openAll(request: ProveRequest, context: Context): Promise<Result<Opened>> {
  const target = await loadTarget(request, context);
  if (!target.ok) return target;
  const reference = await referenceFor(request);
  if (!reference.ok) return reference;
  const parsers: OpenedParser[] = [];
  const errors: ErrorRecord[] = [];
  const by = { reference: reference.value ?? NO_REFERENCE, revision: undefined };
  const judgedBy = reference.value === undefined ? { ...by, ifUntold: true as const } : by;
  for (const named of request.parsers) {
    const parser = await openUnderTest(named, request, target.value, judgedBy, context);
    if (parser.ok) parsers.push(parser.value);
    else if (parser.failure.reason === "cancelled") return parser;
    else errors.push({ what: "parser", name: named.name, failure: parser.failure });
  }
  return ok({ parsers, errors });
}

async function referenceFor({ reference }: ProveRequest): Promise<Result<Reference | undefined>> {
  return reference === undefined ? ok(undefined) : openReference(reference);
}

async function proveAll(
  parsers: readonly OpenedParser[],
  request: ProveRequest,
  desk: Desk,
  context: Context,
): Promise<Result<readonly ProgramRecord[]>> {
  const records: ProgramRecord[] = [];
  for (const { subject, record } of parsers.flatMap(({ subjects }) => subjects)) {
    if (context.signal.aborted) return err(cancelled(context.signal));
    const proven = await proveSubject(subject, record, request, desk, context);
    if (!proven.ok) return proven;
    records.push(...proven.value);
  }
  context.emit({ kind: "progress-end" });
  return ok(records);
}
