import { basename } from "node:path";
import type { Failure } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { runTool } from "#toolchain/process.ts";
import type { FreeAnswer, FreeQuery } from "./query.ts";
import { answersOf, type ScriptOptions, STANDARD, scriptOf } from "./script.ts";
import type { Solver } from "./solver.ts";

/** Queries in one run of the solver. */
const CHUNK = 24;

type Habits = {
  readonly version: readonly string[];
  /** @param timeout of one query, in milliseconds */
  readonly args: (timeout: number) => readonly string[];
  readonly check: string;
};

/** How solvers are told to read a script from stdin, by the names of their programs. */
const HABITS: Readonly<Record<string, Habits>> = {
  z3: {
    version: ["--version"],
    args: (timeout) => ["-in", `-t:${timeout}`],
    check: "(check-sat-using qfbv)",
  },
  cvc5: {
    version: ["--version"],
    args: (timeout) => ["--incremental", "--lang=smt2", `--tlimit-per=${timeout}`, "-"],
    check: "(check-sat)",
  },
  bitwuzla: {
    version: ["--version"],
    args: (timeout) => ["--lang", "smt2", "--time-limit-per", String(timeout)],
    check: "(check-sat)",
  },
};

/** Programs that are known as solvers. */
export const INSTALLED_SOLVERS: readonly string[] = Object.keys(HABITS);

/**
 * A solver that is installed: `z3`, `cvc5`, `bitwuzla`, or a path to one of them. Another program is given a script on stdin and no words.
 *
 * Errors: `tool-missing`, `tool-failed`.
 */
export async function openInstalled(
  file: string,
  timeout: number,
  jobs: number,
): Promise<Result<Solver, Failure>> {
  const habits = HABITS[basename(file)];
  const asked = habits === undefined ? undefined : await runTool({ tool: file, file, args: habits.version });
  if (asked !== undefined && !asked.ok) return asked;
  const said = asked === undefined ? "" : Buffer.from(asked.value.stdout).toString();
  return ok({
    name: basename(file),
    version: /\d+(?:\.\d+)+/.exec(said)?.[0] ?? "unknown",
    check: (queries, signal) => checkAll(queries, { file, habits, timeout, jobs, signal }),
    close: () => undefined,
  });
}

type Run = {
  readonly file: string;
  readonly habits: Habits | undefined;
  readonly timeout: number;
  readonly jobs: number;
  readonly signal: AbortSignal | undefined;
};

async function checkAll(
  queries: readonly FreeQuery[],
  run: Run,
): Promise<Result<readonly FreeAnswer[], Failure>> {
  const size = Math.max(1, Math.min(CHUNK, Math.ceil(queries.length / run.jobs)));
  const chunks = Array.from({ length: Math.ceil(queries.length / size) }, (_, i) =>
    queries.slice(i * size, (i + 1) * size),
  );
  const results: Result<readonly FreeAnswer[], Failure>[] = [];
  let next = 0;
  const work = async () => {
    for (let place = next++; place < chunks.length; place = next++) {
      results[place] = await checkChunk(chunks[place] ?? [], run);
    }
  };
  await Promise.all(Array.from({ length: run.jobs }, work));
  const answers: FreeAnswer[] = [];
  for (const result of results) {
    if (!result.ok) return result;
    answers.push(...result.value);
  }
  return ok(answers);
}

/** Verdicts first; then, of those that have examples, the values: after an `unsat` there are none, and some solvers end at that. */
async function checkChunk(
  queries: readonly FreeQuery[],
  run: Run,
): Promise<Result<readonly FreeAnswer[], Failure>> {
  const check = run.habits?.check ?? STANDARD.check;
  const verdicts = await ask(queries, run, { check, withValues: false });
  if (!verdicts.ok) return verdicts;
  const open = queries.filter((_, index) => verdicts.value[index]?.verdict === "sat");
  if (open.length === 0) return verdicts;
  const valued = await ask(open, run, { check, withValues: true });
  if (!valued.ok) return valued;
  const byQuery = new Map(open.map((query, index) => [query, valued.value[index]]));
  return ok(
    verdicts.value.map((answer, index) => {
      const query = queries[index];
      return (query && byQuery.get(query)) ?? answer;
    }),
  );
}

async function ask(
  queries: readonly FreeQuery[],
  { file, habits, timeout, signal }: Run,
  options: ScriptOptions,
): Promise<Result<readonly FreeAnswer[], Failure>> {
  const said = await runTool({
    ...{ tool: basename(file), file, args: habits?.args(timeout) ?? [] },
    input: scriptOf(queries, options),
    ...(signal && { signal }),
  });
  if (!said.ok) return said;
  const output = Buffer.from(said.value.stdout).toString();
  const answers = answersOf(output, queries, options);
  if (answers !== undefined) return ok(answers);
  const log = `${output}${said.value.stderr}`.slice(0, 2000);
  return err({
    ...{ reason: "tool-failed", tool: basename(file), command: file, log },
    ended: "an answer that is not one to each query",
  });
}
