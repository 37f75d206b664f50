import { readFile } from "node:fs/promises";
import { err, ok, type Result } from "#core/result.ts";
import { fileFailed } from "#files/errno.ts";
import { writeOutput } from "#files/output.ts";
import { parseState, STATE_VERSION, type State, statePath } from "./state.ts";

/** The state left by earlier runs; a fresh one where there is none, or one of another version. */
export async function readState(out: string): Promise<Result<State>> {
  const fresh: State = { version: STATE_VERSION, rules: {}, digests: {}, facts: {}, requests: {} };
  const file = statePath(out);
  try {
    return ok(parseState(await readFile(file, "utf8")) ?? fresh);
  } catch (error) {
    const failure = fileFailed("read", file, error);
    // Where the output folder is a file, making it says so in better words.
    return failure.code === "ENOENT" || failure.code === "ENOTDIR" ? ok(fresh) : err(failure);
  }
}

/** Stores the state, whole or not at all. */
export function writeState(out: string, state: State): Promise<Result<void>> {
  return writeOutput(statePath(out), JSON.stringify(state));
}
