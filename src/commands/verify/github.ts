import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { appendSummary } from "#api/verify/reports.ts";
import type { VerifyReport } from "#api/verify/request.ts";
import type { Failure } from "#core/failure.ts";
import { githubAnnotations } from "#report/forge/annotations.ts";
import type { Io } from "#report/io.ts";

/** Adds the verification to the summary of GitHub's step, where there is one. Gives what came between. */
export function addToStepSummary(verified: VerifyReport, { env, cwd }: Io): readonly Failure[] {
  const { GITHUB_STEP_SUMMARY: file = "" } = env;
  if (file === "") return [];
  const appended = appendSummary(verified, resolve(cwd, file));
  return appended.ok ? [] : [appended.failure];
}

/**
 * Does something while GitHub's runner takes no commands from what is printed: what a hostile parser writes into its trace log could be
 * one. Annotations come when the runner listens again. They are on stderr where stdout is JSON.
 */
export async function besideRunner<Done extends { readonly verified: VerifyReport | undefined }>(
  io: Io,
  json: boolean,
  work: () => Promise<Done>,
): Promise<Done> {
  const say = json ? io.stderr : io.stdout;
  const token = randomUUID();
  say(`::stop-commands::${token}\n`);
  const done = await work().finally(() => say(`::${token}::\n`));
  if (done.verified !== undefined) {
    const workspace = { cwd: io.cwd, root: io.env["GITHUB_WORKSPACE"] };
    say(githubAnnotations(done.verified.verification, workspace));
  }
  return done;
}
