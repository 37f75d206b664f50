import { readFileSync } from "node:fs";
import { parseState, statePath } from "#build/state/state.ts";
import { stampOf } from "#files/stamp.ts";

/**
 * The summary of a request that was carried out before, if nothing that it depends on has changed
 * since. It stands on its own, without the rest of the build: this is the whole way of a run that has
 * nothing to do.
 */
export function upToDate(out: string, key: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(statePath(out), "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
  const state = parseState(text);
  if (typeof state === "string") return undefined;
  const request = Object.hasOwn(state.requests, key) ? state.requests[key] : undefined;
  if (request === undefined) return undefined;
  const holds = Object.entries(request.stamps).every(([path, stamp]) => stampOf(path) === stamp);
  return holds ? request.summary : undefined;
}
