import { type BuildRequest, type PlannedStep, planSteps } from "#api/build.ts";
import { planClean } from "#api/clean.ts";
import type { Context } from "#api/context.ts";
import { ok, type Result } from "#core/result.ts";
import { EXIT, exitCode } from "#report/exit-code.ts";
import type { Io } from "#report/io.ts";
import { report } from "#report/report-failure.ts";
import { shellCommand } from "#toolchain/command-line.ts";

/** `make -n`: what would be done, in a form that a shell takes. */
export async function show(request: BuildRequest, context: Context, io: Io): Promise<number> {
  const goals = withoutClean(request);
  if (goals.length < request.goals.length) {
    const cleaned = await planClean(request);
    if (!cleaned.ok) return report(io, cleaned.failure);
    io.stdout(`${shellCommand("rm", ["-rf", ...cleaned.value.removed])}\n`);
  }
  const steps = await stepsOf(request, goals, context);
  if (!steps.ok) return report(io, steps.failure);
  // The commands' paths count from the output folder.
  if (steps.value.length > 0) io.stdout(`${shellCommand("cd", [request.out])}\n`);
  for (const step of steps.value) io.stdout(`${lineOf(step)}\n`);
  return EXIT.ok;
}

/** `make -q`: status 0 where there is nothing to do, 1 where there is, and 2 where that cannot be told, as make has it. */
export async function ask(request: BuildRequest, context: Context, io: Io): Promise<number> {
  const goals = withoutClean(request);
  // No file says whether cleaning has been done.
  if (goals.length < request.goals.length) return EXIT.failed;
  const steps = await stepsOf(request, goals, context);
  if (steps.ok) return steps.value.length === 0 ? EXIT.ok : EXIT.failed;
  const status = report(io, steps.failure);
  return exitCode(steps.failure) === EXIT.failed ? EXIT.usage : status;
}

function withoutClean({ goals }: BuildRequest): readonly string[] {
  return goals.filter((goal) => goal !== "clean");
}

async function stepsOf(
  request: BuildRequest,
  goals: readonly string[],
  context: Context,
): Promise<Result<readonly PlannedStep[]>> {
  return goals.length === 0 ? ok([]) : planSteps({ ...request, goals }, context);
}

/** What the program does itself has no command: it is a comment. */
function lineOf({ label, output, command, what }: PlannedStep): string {
  if (command === undefined) return `# ${label} ${output}: ${what}`;
  return command.startsWith("cd ") ? `(${command})` : command;
}
