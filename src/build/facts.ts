import type { State } from "#build/state/state.ts";
import type { Unsupported } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { isSettled, type Stamp, stampOf } from "#files/stamp.ts";

/** Stamps of the files that facts speak of, at the time when they were read. */
export type Seen = Map<string, Stamp>;

/** Files that a fact speaks of. */
export type FactFiles = {
  /** What it is found in. */
  readonly from: string;
  /** What finding it writes, in the private folder, where nobody else writes. */
  readonly made?: string;
};

/**
 * A costly fact about files, found out again only when one of them has changed.
 *
 * Errors: `unsupported` where `from` changes while the fact is found; else those of `find`.
 */
export async function recall<T>(
  { state, seen }: { readonly state: State; readonly seen: Seen },
  key: string,
  { from, made }: FactFiles,
  find: () => Promise<Result<T>>,
): Promise<Result<T>> {
  const stamp = () => [from, ...(made === undefined ? [] : [made])].map(stampOf).join(" ");
  const known = state.facts[key];
  const before = stampOf(from);
  if (!seen.has(from)) seen.set(from, before);
  if (known !== undefined && known.stamp === stamp()) return ok(known.value as T);
  const settled = isSettled(before, Date.now());
  const found = await find();
  if (stampOf(from) !== before) return found.ok ? err(changedMeanwhile(from)) : found;
  if (found.ok && settled) state.facts[key] = { stamp: stamp(), value: found.value };
  else delete state.facts[key];
  return found;
}

/** The failure for a file of which nobody can say what of it was read. */
export function changedMeanwhile(file: string): Unsupported {
  const detail = "something has written to it";
  return { reason: "unsupported", what: "a file that changes while it is read", detail, file };
}
