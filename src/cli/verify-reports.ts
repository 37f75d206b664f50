import { realpathSync, rmSync, statSync } from "node:fs";
import { VERSION } from "#api/version.ts";
import type { CoverageReport } from "#core/coverage.ts";
import { type Failure, inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { Verification } from "#core/verification.ts";
import { deliver } from "#files/deliver.ts";
import { fileFailed } from "#files/errno.ts";
import { coverageText } from "#report/coverage-text.ts";
import { EXIT, exitCode } from "#report/exit-code.ts";
import { failureJson } from "#report/failure-json.ts";
import type { Io } from "#report/io.ts";
import { junitReport, type Times } from "#report/junit.ts";
import { tell } from "#report/report-failure.ts";
import { sarifReport } from "#report/sarif.ts";
import { styleFor } from "#report/style.ts";
import { verificationText } from "#report/verification-text.ts";
import type { VerifyRequest } from "./verify-request.ts";

/** What came of a verification; the coverage where it was asked for. */
export type Verified = {
  readonly verification: Verification;
  readonly times: Times;
  readonly coverage: readonly CoverageReport[] | undefined;
};

/** The files that a run writes, absolute. */
export function reportFiles({ junit, sarif }: VerifyRequest): readonly string[] {
  return [junit, sarif].filter((file) => file !== undefined);
}

/** Removes the reports of an earlier run: however this one ends, none of them must be taken for its own. */
export function withoutOldReports(request: VerifyRequest): Result<void> {
  for (const file of reportFiles(request)) {
    try {
      if (statSync(file, { throwIfNoEntry: false })?.isFile()) rmSync(realpathSync(file));
    } catch (error) {
      return err(fileFailed("remove", file, error));
    }
  }
  return ok(undefined);
}

/** Writes the reports, shows the result, and gives the exit status. */
export async function publish(verified: Verified, request: VerifyRequest, io: Io): Promise<number> {
  const { verification, times, coverage } = verified;
  const { verdicts, errors, shortfalls } = verification;
  const failures: Failure[] = errors.map(({ failure }) => failure);
  const reports = [
    [request.junit, () => junitReport(verification, times)],
    [request.sarif, () => sarifReport(verification, VERSION)],
  ] as const;
  for (const [file, make] of reports) {
    if (file === undefined) continue;
    const written = await deliver(file, make(), io.signal);
    if (!written.ok) failures.push(inFile(written.failure, file));
  }
  for (const failure of failures) tell(io, failure);
  const [first] = failures;
  if (request.json) {
    const facts = { ...verification, ...(coverage && { coverage }) };
    io.stdout(`${JSON.stringify({ ...(first && failureJson(first)), ...facts })}\n`);
  } else if (verdicts.length > 0 || shortfalls.length > 0) {
    io.stdout(verificationText(verification, styleFor(io.terminal.stdout, io.env)));
    for (const one of coverage ?? []) io.stdout(`\n${coverageText(one)}`);
  }
  return first === undefined ? statusOf(verification) : exitCode(first);
}

/** Nothing judged is nothing proven. */
function statusOf({ verdicts, shortfalls }: Verification): number {
  return verdicts.length > 0 && shortfalls.length === 0 && verdicts.every(({ ok }) => ok)
    ? EXIT.ok
    : EXIT.failed;
}
