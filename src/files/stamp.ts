import { statSync } from "node:fs";
import { fileFailed } from "./errno.ts";

/**
 * Tells whether a path is still the file it was, without reading it: size, modification time in
 * nanoseconds and inode, as one string; `null` where there is nothing, or nothing to be seen.
 */
export type Stamp = string | null;

export function stampOf(path: string): Stamp {
  try {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stat === undefined ? null : `${stat.size}:${stat.mtimeNs}:${stat.ino}`;
  } catch (error) {
    // Such as a file where the path has a folder. Only a bug is thrown on.
    fileFailed("open", path, error);
    return null;
  }
}
