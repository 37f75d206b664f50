import { statSync } from "node:fs";

/**
 * Tells whether a path is still the file it was, without reading it: size, modification time in
 * nanoseconds and inode, as one string; `null` where there is nothing.
 */
export type Stamp = string | null;

export function stampOf(path: string): Stamp {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? null : `${stat.size}:${stat.mtimeNs}:${stat.ino}`;
}
