import type { Context } from "#api/context.ts";
import type { EventSink } from "#core/events.ts";
import type { Io } from "#report/io.ts";

/** What of a command's world is the application's, with where its events go. */
export function contextOf({ env, cwd, signal }: Io, emit: EventSink): Context {
  return { env, cwd, signal, emit };
}
