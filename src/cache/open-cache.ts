import { isAbsolute } from "node:path";
import { ActionCache, type CacheMode } from "./action-cache.ts";
import { directoryStore } from "./directory-store.ts";
import { httpStore } from "./http-store.ts";

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
export function openCache({ place, mode, timeout }: CacheChoice, warn: (text: string) => void): ActionCache {
  const store = isAbsolute(place) ? directoryStore(place) : httpStore(new URL(place), 1000 * timeout);
  return new ActionCache(store, mode, warn);
}
