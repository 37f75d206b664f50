import { setTimeout } from "node:timers/promises";
import { type Stamp, stampOf } from "#files/stamp.ts";

/** Milliseconds between two looks. */
const INTERVAL = 200;

/**
 * Waits until a file is no longer what its stamp says, and until all of them then stay the same from one look to
 * the next. Of a folder, entries that come and go are seen.
 *
 * Looks from time to time, for notifications are lost by editors that write beside and rename, and by network
 * file systems.
 *
 * @returns the first file that changed; undefined where `signal` came first
 */
export async function whenChanged(
  files: ReadonlyMap<string, Stamp>,
  signal: AbortSignal,
): Promise<string | undefined> {
  let known = files;
  while (await pause(signal)) {
    const now = new Map([...files.keys()].map((file) => [file, stampOf(file)]));
    const changed = [...now.keys()].find((file) => now.get(file) !== files.get(file));
    const settled = [...now].every(([file, stamp]) => stamp === known.get(file));
    if (changed !== undefined && settled) return changed;
    known = now;
  }
  return undefined;
}

async function pause(signal: AbortSignal): Promise<boolean> {
  try {
    await setTimeout(INTERVAL, undefined, { signal });
    return true;
  } catch {
    // The signal is the only thing that ends it early.
    return false;
  }
}
