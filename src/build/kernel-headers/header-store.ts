import { statSync } from "node:fs";
import { join } from "node:path";
import { ActionCache } from "#cache/action-cache.ts";
import { directoryStore } from "#cache/directory-store.ts";
import { filesIn } from "#files/folder.ts";
import { discard } from "#files/output.ts";
import { stampOf } from "#files/stamp.ts";

/** What one header is called inside. */
const NAME = "vmlinux.h";
/** Headers that are kept, of some three MB each; those that were made first go. */
const MOST = 64;

/**
 * Headers of kernels, kept in the user's cache folder for other output folders. Entries are compared with their digests when they are
 * read: what is damaged is made again.
 */
export class HeaderStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param key names what the header is made of, and by what */
  async fetch(key: string): Promise<Uint8Array | undefined> {
    const cache = this.#open();
    const outputs = await cache.fetch(key, [NAME]);
    await cache.close();
    return outputs?.[0]?.bytes;
  }

  async store(key: string, bytes: Uint8Array): Promise<void> {
    const cache = this.#open();
    await cache.store(key, [{ name: NAME, bytes }]);
    await cache.close();
    for (const shelf of ["ac", "cas"]) await keepNewest(join(this.#folder, shelf));
  }

  #open(): ActionCache {
    // A home that cannot be written to, and damage, cost time only.
    return new ActionCache(directoryStore(this.#folder), "both", () => undefined);
  }
}

async function keepNewest(folder: string): Promise<void> {
  // Where nothing could be stored.
  if (stampOf(folder) === null) return;
  const timed = (await filesIn(folder)).map((name) => {
    const file = join(folder, name);
    // Another process may have removed it meanwhile.
    return { file, time: statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0 };
  });
  timed.sort((a, b) => b.time - a.time);
  for (const { file } of timed.slice(MOST)) discard(file);
}
