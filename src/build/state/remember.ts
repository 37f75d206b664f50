import { join } from "node:path";
import type { Built } from "#build/build.ts";
import type { Result } from "#core/result.ts";
import { digestFile } from "#files/digest.ts";
import { settledFiles } from "#files/file-clock.ts";
import { isSettled, type Stamp, stampOf } from "#files/stamp.ts";
import { PRIVATE, type State } from "./state.ts";
import { writeState } from "./state-file.ts";

/** A stamp that no file has: the next run looks at everything. */
const UNSURE = "unsure";

/** Requests remembered for one output folder: more ways to build it are hardly in use at a time. */
const KEPT_REQUESTS = 4;

/**
 * Remembers that the request with this key has been carried out, until one of the paths changes. What
 * counts is the state of a file when it was read: it may have been edited while the build was under way.
 */
export async function rememberRequest(
  out: string,
  state: State,
  key: string,
  { watched, since }: Pick<Built, "watched" | "since">,
  summary: string,
): Promise<Result<void>> {
  await settle(out, state, watched);
  const stamps = Object.fromEntries(watched.map((path) => [path, trustedStamp(state, path, since)]));
  const others = Object.entries(state.requests).filter(([other]) => other !== key);
  state.requests = Object.fromEntries([...others.slice(1 - KEPT_REQUESTS), [key, { stamps, summary }]]);
  return writeState(out, state);
}

function trustedStamp(state: State, path: string, since: number): Stamp {
  const known = state.digests[path];
  if (known !== undefined) return known.young ? UNSURE : known.stamp;
  // It was looked at, at a time that nobody noted: after the build began, before now.
  const stamp = stampOf(path);
  return isSettled(stamp, since) ? stamp : UNSURE;
}

/** Outputs are always young when a build ends: their stamps say nothing until the clock has moved on. */
async function settle(out: string, state: State, watched: readonly string[]): Promise<void> {
  const young = watched.flatMap((path) => {
    const known = state.digests[path];
    return known?.young ? [{ path, ...known }] : [];
  });
  if (young.length === 0) return;
  for (const { path, stamp, digest: known } of await settledFiles(young, join(out, PRIVATE))) {
    if (stampOf(path) !== stamp) continue;
    const digest = await digestFile(path);
    if (digest.ok && digest.value === known && stampOf(path) === stamp) {
      state.digests[path] = { stamp, digest: known };
    }
  }
}
