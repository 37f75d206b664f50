import type { Context } from "#api/context.ts";
import { WorkSharing } from "#build/run/sharing.ts";
import type { ActionCache, CacheReport } from "#cache/action-cache.ts";
import { type CacheChoice, openCache } from "#cache/open-cache.ts";

/**
 * Does work with a cache, where one is chosen, and waits for what is still being stored in it.
 *
 * @param own what the folders of one run share
 */
export async function withCache<T>(
  choice: CacheChoice | undefined,
  { emit }: Pick<Context, "emit">,
  use: (sharing: WorkSharing, other: ActionCache | undefined) => Promise<T>,
  own?: ActionCache,
): Promise<{ readonly value: T; readonly cache: CacheReport | undefined }> {
  const warn = (text: string) => emit({ kind: "warning", text });
  const other = choice && (await openCache(choice, warn));
  const value = await use(new WorkSharing({ own, other }), other);
  await own?.close();
  return { value, cache: await other?.close() };
}
