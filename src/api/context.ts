import type { EventSink } from "#core/events.ts";

/** What a function of the product is given beside its request. It has no other way to the world but the files that the request names. */
export type Context = {
  /** Variables that say where tools and caches are. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where a tool's relative name counts from. */
  readonly cwd: string;
  /** Ends the work, with the name of a signal as its reason: the result is `cancelled`. */
  readonly signal: AbortSignal;
  /** Gets what happens meanwhile. */
  readonly emit: EventSink;
};
