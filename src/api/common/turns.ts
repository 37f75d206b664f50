import { setImmediate } from "node:timers/promises";

/** Milliseconds of work between two turns of the event loop. */
const SLICE = 100;

/**
 * For long work: lets the event loop turn from time to time, for an interrupt is heard only between two turns. Says whether to go on.
 */
export function turns(signal: AbortSignal): () => Promise<boolean> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last >= SLICE) {
      await setImmediate();
      last = performance.now();
    }
    return !signal.aborted;
  };
}
