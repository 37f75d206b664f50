import { ok, type Result } from "#core/result.ts";
import type { State } from "./state.ts";

/**
 * A costly fact about files, found out again only when `stamp` has changed. The stamp is taken after
 * `find` too, so that it may speak of what `find` wrote.
 */
export async function recall<T>(
  state: State,
  key: string,
  stamp: () => string,
  find: () => Promise<Result<T>>,
): Promise<Result<T>> {
  const known = state.facts[key];
  if (known !== undefined && known.stamp === stamp()) return ok(known.value as T);
  const found = await find();
  if (found.ok) state.facts[key] = { stamp: stamp(), value: found.value };
  return found;
}
