import { type BuildReport, build } from "#api/build.ts";
import { type CleanReport, clean } from "#api/clean.ts";
import { HOST_TOOLS, makeRequest, switchesOf } from "#api/make/request.ts";
import { parseMakeWords } from "#api/make/words.ts";
import { err, ok, type Result } from "#core/result.ts";
import { type CallContext, completeContext } from "./context.ts";

export type MakeReport = {
  /** Where `clean` was one of the goals. */
  readonly cleaned: CleanReport | undefined;
  /** Where there was anything to build. */
  readonly built: BuildReport | undefined;
};

/**
 * Carries out words of `make -C tools/kexec`: goals, `VARIABLE=VALUE` and make's options. Of these `-n` and `-q`, which ask, are refused.
 *
 * @returns what was cleaned and built, or a failure: `usage` for words that mean nothing, those of `build`
 * @example
 * ```ts
 * const made = await make(["zboot", "uki", "ARCH=arm64", "O=/tmp/parsers"]);
 * ```
 */
export async function makeGoals(
  words: readonly string[],
  context: CallContext = {},
): Promise<Result<MakeReport>> {
  const around = completeContext(context);
  const read = parseMakeWords(words);
  if (!read.ok) return read;
  const { dryRun, question } = switchesOf(read.value, around.env);
  if (dryRun || question) {
    return err({ reason: "usage", detail: "-n and -q are for the command: this is what makes" });
  }
  const request = makeRequest(read.value, around);
  if (!request.ok) return request;
  const goals = request.value.goals.filter((goal) => !HOST_TOOLS.includes(goal));
  const cleaned = goals.includes("clean") ? await clean(request.value, around) : undefined;
  if (cleaned?.ok === false) return cleaned;
  const rest = goals.filter((goal) => goal !== "clean");
  const built = rest.length === 0 ? undefined : await build({ ...request.value, goals: rest }, around);
  if (built?.ok === false) return built;
  return ok({ cleaned: cleaned?.value, built: built?.value });
}
