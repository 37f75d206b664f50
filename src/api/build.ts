import { join } from "node:path";
import { type BuildReport, buildGoals, goalsToRun } from "#build/build.ts";
import type { BuildContext, BuildSharing } from "#build/context.ts";
import type { BuildRequest } from "#build/request.ts";
import { isInProcess } from "#build/rule.ts";
import { rememberRequest } from "#build/state/remember.ts";
import type { State } from "#build/state/state.ts";
import { readState, writeState } from "#build/state/state-file.ts";
import { ok, type Result } from "#core/result.ts";
import { inTurn } from "./common/in-turn.ts";
import { packageRoot, setupScript } from "./common/package-root.ts";
import type { Context } from "./context.ts";
import { proverFor } from "./prove/prover.ts";

export type { BuildReport, BuildRequest };

/** For a next run with the same key, which gets the summary at once where nothing has changed (`build/up-to-date.ts`). */
export type Remembering = {
  readonly key: string;
  readonly summary: (report: BuildReport) => string;
};

/** Builds the parsers that the goals name. Builds in one folder take turns. Errors: those of `build/`, and of the folder's state. */
export function build(
  request: BuildRequest,
  context: Context,
  remembering?: Remembering,
  sharing: BuildSharing = {},
): Promise<Result<BuildReport>> {
  return inTurn(request.out, context, () => buildAndRemember(request, context, remembering, sharing));
}

/** A step that a build would take. */
export type PlannedStep = {
  /** The quiet line's word. */
  readonly label: string;
  readonly output: string;
  /** As a shell takes it; undefined where the program itself does the work. */
  readonly command: string | undefined;
  /** What is done, in words or as a command. */
  readonly what: string;
};

/** The steps that `build` would take, in order; none is taken. Errors: those of `build` up to there. */
export function planSteps(request: BuildRequest, context: Context): Promise<Result<readonly PlannedStep[]>> {
  return inTurn(request.out, context, async () => {
    const state = await readState(request.out, context.emit);
    if (!state.ok) return state;
    const rules = await goalsToRun(request, buildContext(context, state.value, {}));
    if (!rules.ok) return rules;
    return ok(
      rules.value.map((rule) => ({
        label: rule.label,
        output: rule.outputs[0],
        command: isInProcess(rule) ? undefined : rule.command,
        what: rule.command.replace(/^<(.*)>$/, "$1"),
      })),
    );
  });
}

function buildContext(context: Context, state: State, sharing: BuildSharing): BuildContext {
  const templates = join(packageRoot(), "templates");
  return { ...context, state, templates, setupScript: setupScript(), prover: proverFor(context), sharing };
}

async function buildAndRemember(
  request: BuildRequest,
  context: Context,
  remembering: Remembering | undefined,
  sharing: BuildSharing,
): Promise<Result<BuildReport>> {
  const root = packageRoot();
  const read = await readState(request.out, context.emit);
  if (!read.ok) return read;
  const state = read.value;
  const built = await buildGoals(request, buildContext(context, state, sharing));
  if (!built.ok) return built;
  const { report, since } = built.value;
  const written =
    remembering === undefined
      ? await writeState(request.out, state)
      : await rememberRequest(
          request.out,
          state,
          remembering.key,
          { watched: [...built.value.watched, join(root, "dist", "main.cjs")], since },
          remembering.summary(report),
        );
  return written.ok ? ok(report) : written;
}
