import { setTimeout } from "node:timers/promises";
import { type Stamp, stampOf } from "#files/stamp.ts";

/** Milliseconds between two looks. */
const INTERVAL = 200;

/** Files and folders, and what they were when they were first named. */
export class WatchedFiles {
  readonly #stamps = new Map<string, Stamp>();

  /** @param files absolute, as all here */
  constructor(files: readonly string[]) {
    for (const file of files) this.add(file);
  }

  get files(): readonly string[] {
    return [...this.#stamps.keys()];
  }

  add(file: string): void {
    if (!this.#stamps.has(file)) this.#stamps.set(file, stampOf(file));
  }

  /** What these are now is no news, where they are watched. */
  forget(files: readonly string[]): void {
    for (const file of files) if (this.#stamps.has(file)) this.#stamps.set(file, stampOf(file));
  }

  /**
   * Waits until a file is no longer what its stamp says, and until all of them then stay the same from one look to
   * the next. Of a folder, entries that come and go are seen.
   *
   * Looks from time to time, for notifications are lost by editors that write beside and rename, and by network
   * file systems.
   *
   * @returns the first file that changed; undefined where `signal` came first
   */
  async changed(signal: AbortSignal): Promise<string | undefined> {
    let known: ReadonlyMap<string, Stamp> = this.#stamps;
    while (await pause(signal)) {
      const now = new Map(this.files.map((file) => [file, stampOf(file)]));
      const changed = this.files.find((file) => now.get(file) !== this.#stamps.get(file));
      const settled = [...now].every(([file, stamp]) => stamp === known.get(file));
      if (changed !== undefined && settled) return changed;
      known = now;
    }
    return undefined;
  }
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
