import { helperId } from "#isa/helpers.ts";
import { MAP_HELPERS } from "./maps.ts";
import { MISC_HELPERS } from "./misc.ts";
import { PROBE_READ_HELPERS } from "./probe-read.ts";
import { RING_BUFFER_HELPERS } from "./ring-buffer.ts";
import type { Callee } from "./signature.ts";
import { TRACE_HELPERS } from "./trace.ts";

/** The helpers of a tracing program, by their number. */
export const TRACING_HELPERS: ReadonlyMap<number, Callee> = byId([
  ...MAP_HELPERS,
  ...MISC_HELPERS,
  ...PROBE_READ_HELPERS,
  ...RING_BUFFER_HELPERS,
  ...TRACE_HELPERS,
]);

/** @throws for a name that no helper has, and for one that comes twice */
export function byId(helpers: readonly Callee[]): ReadonlyMap<number, Callee> {
  const map = new Map<number, Callee>();
  for (const helper of helpers) {
    const id = helperId(helper.name);
    if (id === undefined || map.has(id)) throw new Error(`${helper.name} has no number, or comes twice`);
    map.set(id, helper);
  }
  return map;
}
