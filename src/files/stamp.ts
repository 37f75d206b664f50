import { statSync } from "node:fs";
import { fileFailed } from "./errno.ts";
import { fsPath } from "./raw-path.ts";

/**
 * Tells whether a path is still the file it was, without reading it: size, modification time and time of the last change
 * of the inode, both in nanoseconds, and inode, as one string; `null` where there is nothing, or nothing to be seen.
 *
 * The change time is what no program sets: `touch`, `tar` and `cp -p` choose a modification time, and an inode is used again.
 */
export type Stamp = string | null;

/**
 * Files written within one tick of the kernel's clock have the same times: two ticks of its slowest, in milliseconds.
 * Linux: CONFIG_HZ is 100 at least.
 */
export const TICKS = 20;
/** The same for file systems that keep whole seconds, FAT's even ones. */
const COARSE = 2000;

export function stampOf(path: string): Stamp {
  try {
    const stat = statSync(fsPath(path), { bigint: true, throwIfNoEntry: false });
    return stat === undefined ? null : `${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}:${stat.ino}`;
  } catch (error) {
    // Such as a file where the path has a folder. Only a bug is thrown on.
    fileFailed("open", path, error);
    return null;
  }
}

/** When the file's last change was, in nanoseconds since 1970; 0 where there is nothing. */
export function changeTime(stamp: Stamp): bigint {
  return BigInt(stamp?.split(":")[2] ?? "0");
}

/**
 * Whether every change from `now` (milliseconds since 1970) on shows in the stamp. A file that was changed just before
 * can be changed again without a trace.
 */
export function isSettled(stamp: Stamp, now: number): boolean {
  if (stamp === null) return true;
  const changed = changeTime(stamp);
  const granularity = changed % 1_000_000_000n === 0n ? COARSE : TICKS;
  return Number(changed / 1_000_000n) + granularity < now;
}
