import { isAbsolute } from "node:path";
import { ActionCache, type CacheMode } from "./action-cache.ts";
import { directoryStore } from "./directory-store.ts";
import type { CacheStore } from "./store.ts";

export type CacheChoice = {
  /** `http://…`, `https://…`, or an absolute path. */
  readonly place: string;
  readonly mode: CacheMode;
  /** Seconds that one request may take. */
  readonly timeout: number;
};

/** Seconds. */
export const CACHE_TIMEOUT = 10;

export function isCachePlace(place: string): boolean {
  return isAbsolute(place) || /^https?:$/.test(protocolOf(place));
}

function protocolOf(place: string): string {
  return URL.canParse(place) ? new URL(place).protocol : "";
}

/** @param warn is told of troubles, which end nothing */
export async function openCache(
  { place, mode, timeout }: CacheChoice,
  warn: (text: string) => void,
): Promise<ActionCache> {
  const store = isAbsolute(place) ? directoryStore(place) : await openHttpStore(place, timeout);
  return new ActionCache(store, mode, warn);
}

/** Node's HTTP takes longer to load than most builds have for it. */
async function openHttpStore(place: string, timeout: number): Promise<CacheStore> {
  const { httpStore } = await import("./http-store.ts");
  return httpStore(new URL(place), 1000 * timeout);
}
