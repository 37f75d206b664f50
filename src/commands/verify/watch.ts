import { dirname } from "node:path";
import type { Context } from "#api/context.ts";
import { WatchedFiles } from "#api/verify/watched-files.ts";
import type { EventSink } from "#core/events.ts";

type Files = {
  /** What the first round begins with; what it uses is told by events. */
  readonly inputs: readonly string[];
  /** What each round writes. */
  readonly reports: readonly string[];
};

/** Does it again whenever what it uses changes, until the signal comes. Gives the last round's exit status. */
export async function watch(
  round: (emit: EventSink) => Promise<number>,
  { inputs, reports }: Files,
  { emit, signal }: Pick<Context, "emit" | "signal">,
): Promise<number> {
  let known = inputs;
  for (;;) {
    // What is used is stamped before it is judged, so that a change in the meantime counts.
    const watched = new WatchedFiles(known);
    const status = await round((event) => (event.kind === "input" ? watched.add(event.file) : emit(event)));
    if (signal.aborted) return status;
    // Our own reports are no news.
    watched.forget(reports.flatMap((file) => [file, dirname(file)]));
    emit({ kind: "note", text: `watching ${watched.files.length} files and folders (Ctrl-C ends)` });
    const changed = await watched.changed(signal);
    if (changed === undefined) return status;
    emit({ kind: "note", text: `${changed} has changed` });
    known = watched.files;
  }
}
