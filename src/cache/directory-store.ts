import { join } from "node:path";
import type { Failure } from "#core/failure.ts";
import { isMissing } from "#files/errno.ts";
import { readInput } from "#files/input-file.ts";
import { makeFolder, removeStaleTemporaries, writeOutput } from "#files/output.ts";
import { stampOf } from "#files/stamp.ts";
import { type CacheStore, type Trouble, trouble } from "./store.ts";

/** What every later file would fail with, too. */
const LASTING = new Set(["EACCES", "EDQUOT", "EIO", "ENOSPC", "ENOTDIR", "EROFS", "ESTALE"]);

/**
 * A cache in a folder: `ac/HASH` and `cas/HASH`, which a web server can hand out as they are. Files appear at once or not at
 * all, and any number of processes may use the folder.
 */
export function directoryStore(folder: string): CacheStore {
  const made = new Set<string>();
  return {
    name: folder,
    get: async (shelf, hash, most) => {
      const file = join(folder, shelf, hash);
      if (stampOf(file) === null) return undefined;
      const bytes = await readInput(file);
      if (!bytes.ok) return isMissing(bytes.failure) ? undefined : troubleOf(bytes.failure);
      return bytes.value.length > most ? trouble(`${file} has more than ${most} bytes`, false) : bytes.value;
    },
    put: async (shelf, hash, bytes) => {
      const inside = join(folder, shelf);
      if (!made.has(inside)) {
        const ready = await makeFolder(inside);
        if (!ready.ok) return troubleOf(ready.failure);
        removeStaleTemporaries(inside);
        made.add(inside);
      }
      const file = join(inside, hash);
      // What is named by its content need not be written twice; damaged files have been found by whoever read them.
      const written = await writeOutput(file, bytes);
      return written.ok ? undefined : troubleOf(written.failure);
    },
    close: () => undefined,
  };
}

function troubleOf(failure: Failure): Trouble {
  if (failure.reason !== "file-failed") return trouble(failure.reason, false);
  return trouble(`${failure.operation} ${failure.file}: ${failure.code}`, LASTING.has(failure.code));
}
