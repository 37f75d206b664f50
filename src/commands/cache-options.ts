import { resolve } from "node:path";
import { CACHE_MODES } from "#cache/action-cache.ts";
import { CACHE_TIMEOUT, type CacheChoice, isCachePlace } from "#cache/open-cache.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { CommandRow, Given } from "#grammar/rows.ts";

/** Options of the commands that share work with other machines. */
export const CACHE = {
  cache: {
    type: "word",
    describe: "cache to share work with: http(s)://HOST/PATH (Bazel's protocol), or a folder",
  },
  "cache-mode": {
    type: "word",
    choices: CACHE_MODES,
    default: "both",
    describe: "take from the cache, put into it, or both",
  },
  "cache-timeout": {
    type: "count",
    least: 1,
    most: 3600,
    default: CACHE_TIMEOUT,
    describe: "seconds that the cache has for an answer",
  },
} as const satisfies CommandRow["options"];

export const TRACE = {
  type: "output",
  describe: "write what ran when and why, for chrome://tracing or ui.perfetto.dev",
} as const;

type CacheWords = Pick<
  Given<{ describe: ""; positionals: Record<never, never>; options: typeof CACHE }>,
  "cache" | "cacheMode" | "cacheTimeout"
>;

/** The cache that the words choose. Errors: `usage`. */
export function cacheChoice(
  { cache, cacheMode: mode, cacheTimeout: timeout }: CacheWords,
  cwd: string,
): Result<CacheChoice | undefined> {
  if (cache === undefined) return ok(undefined);
  const place = /^[a-z][a-z+.-]*:\/\//i.test(cache) ? cache : resolve(cwd, cache);
  // Not repeated: it may have a password in it.
  if (!isCachePlace(place))
    return err({ reason: "usage", detail: "--cache is an http:// or https:// URL, or a folder" });
  return ok({ place, mode, timeout });
}
