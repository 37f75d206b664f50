import { readFile } from "node:fs/promises";
import type { Result } from "#core/result.ts";
import { writeOutput } from "#files/output.ts";
import { parseState, STATE_VERSION, type State, statePath } from "./state.ts";

/** The state left by earlier runs; a fresh one where there is none, or one of another version. */
export async function readState(out: string): Promise<State> {
  const fresh: State = { version: STATE_VERSION, rules: {}, digests: {}, facts: {}, requests: {} };
  let text: string;
  try {
    text = await readFile(statePath(out), "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return fresh;
    throw error;
  }
  const state = parseState(text);
  return state ?? fresh;
}

/** Stores the state, whole or not at all. */
export function writeState(out: string, state: State): Promise<Result<void>> {
  return writeOutput(statePath(out), JSON.stringify(state));
}
