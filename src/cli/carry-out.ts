import { join } from "node:path";
import { type BuildReport, build } from "#build/build.ts";
import { takeTurn } from "#build/lock.ts";
import type { BuildRequest } from "#build/request.ts";
import { rememberRequest } from "#build/state/remember.ts";
import { readState } from "#build/state/state-file.ts";
import type { EventSink } from "#core/events.ts";
import { EXIT } from "#report/exit-code.ts";
import type { Io } from "./io.ts";
import { packageRoot, setupScript } from "./package-root.ts";
import { report } from "./report-failure.ts";
import { requestKey } from "./request-key.ts";

/** How a command shows its result: now, and to the next run that finds nothing to do. */
export type Show = {
  readonly now: (report: BuildReport) => string;
  readonly nothingToDo: (report: BuildReport) => string;
};

/** Builds, shows, and remembers the request, so that the next run can see at once that all is done. Builds in one folder take turns. */
export async function carryOut(
  request: BuildRequest,
  argv: readonly string[],
  io: Io,
  emit: EventSink,
  show: Show,
): Promise<number> {
  const turn = await takeTurn(request.out, io.signal, () =>
    emit({ kind: "note", text: `waiting for another build in ${request.out}` }),
  );
  if (!turn.ok) return report(io, turn.failure);
  try {
    return await inTurn(request, argv, io, emit, show);
  } finally {
    turn.value();
  }
}

async function inTurn(
  request: BuildRequest,
  argv: readonly string[],
  io: Io,
  emit: EventSink,
  show: Show,
): Promise<number> {
  const root = packageRoot();
  const state = await readState(request.out, emit);
  if (!state.ok) return report(io, state.failure);
  const built = await build(request, {
    state: state.value,
    emit,
    signal: io.signal,
    templates: join(root, "templates"),
    env: io.env,
    cwd: io.cwd,
    setupScript: setupScript(),
  });
  if (!built.ok) return report(io, built.failure);
  const { report: done, watched, since } = built.value;
  const main = join(root, "dist", "main.cjs");
  const key = requestKey(argv, io.env, io.cwd);
  const remembered = await rememberRequest(
    request.out,
    state.value,
    key,
    { watched: [...watched, main], since },
    show.nothingToDo(done),
  );
  if (!remembered.ok) return report(io, remembered.failure);
  io.stdout((done.ran === 0 ? show.nothingToDo : show.now)(done));
  return EXIT.ok;
}
