import { readFileSync, rmSync } from "node:fs";
import type { EventSink } from "#core/events.ts";
import { err, ok, type Result } from "#core/result.ts";
import { fileFailed } from "#files/errno.ts";
import { writeOutput } from "#files/output.ts";
import { parseState, type State, statePath, stateText } from "./state.ts";

/**
 * The state left by earlier runs; a fresh one where there is none, or one of another version. A damaged one
 * is removed, with a word about it.
 */
export async function readState(out: string, emit: EventSink): Promise<Result<State>> {
  const fresh: State = { rules: {}, digests: {}, facts: {}, requests: {} };
  const file = statePath(out);
  try {
    const state = parseState(readFileSync(file, "utf8"));
    if (state === "other version") return ok(fresh);
    if (state !== "damaged") return ok(state);
    // At once: where this run ends early, the next has nothing to say of it.
    rmSync(file, { force: true });
    emit({ kind: "warning", text: `${file} is damaged and was thrown away: everything is looked at anew` });
    return ok(fresh);
  } catch (error) {
    const failure = fileFailed("read", file, error);
    // Where the output folder is a file, making it says so in better words.
    return failure.code === "ENOENT" || failure.code === "ENOTDIR" ? ok(fresh) : err(failure);
  }
}

/** Stores the state, whole or not at all. */
export function writeState(out: string, state: State): Promise<Result<void>> {
  return writeOutput(statePath(out), stateText(state));
}
