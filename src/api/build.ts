import { join } from "node:path";
import { type BuildReport, buildGoals } from "#build/build.ts";
import type { BuildSharing } from "#build/context.ts";
import type { BuildRequest } from "#build/request.ts";
import { rememberRequest } from "#build/state/remember.ts";
import { readState, writeState } from "#build/state/state-file.ts";
import { ok, type Result } from "#core/result.ts";
import { inTurn } from "./common/in-turn.ts";
import { packageRoot, setupScript } from "./common/package-root.ts";
import type { Context } from "./context.ts";

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
  const built = await buildGoals(request, {
    ...context,
    state,
    templates: join(root, "templates"),
    setupScript: setupScript(),
    sharing,
  });
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
