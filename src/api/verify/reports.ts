import { appendFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { VERSION } from "#api/common/version.ts";
import type { Context } from "#api/context.ts";
import { verificationPage } from "#api/explore/verification-page.ts";
import type { Failure } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { deliver, isStdout } from "#files/deliver.ts";
import { fileFailed } from "#files/errno.ts";
import { markdownSummary } from "#report/forge/summary.ts";
import { junitReport } from "#report/junit.ts";
import { sarifReport } from "#report/sarif.ts";
import type { VerifyReport } from "./request.ts";

/** Where the reports of a verification go, absolute. */
export type ReportFiles = {
  readonly junit: string | undefined;
  readonly sarif: string | undefined;
  readonly html: string | undefined;
};

/** Those that are asked for. */
export function reportFiles({ junit, sarif, html }: ReportFiles): readonly string[] {
  return [junit, sarif, html].filter((file) => file !== undefined);
}

/** Removes the reports of an earlier run: however this one ends, none of them must be taken for its own. Errors: `file-failed`. */
export function removeOldReports(files: ReportFiles): Result<void> {
  for (const file of reportFiles(files)) {
    try {
      if (!isStdout(file) && statSync(file, { throwIfNoEntry: false })?.isFile()) rmSync(realpathSync(file));
    } catch (error) {
      return err(fileFailed("remove", file, error));
    }
  }
  return ok(undefined);
}

/** Writes the reports; that in HTML has the runs of what was kept. Gives what came between; the others are written all the same. */
export async function writeReports(
  verified: VerifyReport,
  { junit, sarif, html }: ReportFiles,
  { signal }: Pick<Context, "signal">,
): Promise<readonly Failure[]> {
  const { verification, times } = verified;
  const reports = [
    [junit, async () => ok(junitReport(verification, times))],
    [sarif, async () => ok(sarifReport(verification, VERSION))],
    [html, () => verificationPage(verified)],
  ] as const;
  const failures: Failure[] = [];
  for (const [file, make] of reports) {
    if (file === undefined) continue;
    const made: Result<string | Uint8Array> = await make();
    const written = made.ok ? await deliver(file, made.value, signal) : made;
    if (!written.ok) failures.push(written.failure);
  }
  return failures;
}

/**
 * Adds a verification to a file of Markdown, such as the one that GitHub shows as a step's summary (`GITHUB_STEP_SUMMARY`): other
 * commands of the step add theirs. Errors: `file-failed`.
 */
export function appendSummary({ verification }: VerifyReport, file: string): Result<void> {
  try {
    appendFileSync(file, markdownSummary(verification));
    return ok(undefined);
  } catch (error) {
    return err(fileFailed("write", file, error));
  }
}
