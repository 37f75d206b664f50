import { processStart } from "./process-start.ts";

/** A file system's clock and the system's agree to this many milliseconds, a network's included. */
const CLOCKS_DIFFER = 10_000;

/**
 * Whether the process that wrote something may be alive. Its number alone does not tell: it may be another's by now, who began after
 * the last write.
 *
 * @param written when it was last written, in milliseconds since 1970; undefined where that is not known
 */
export function mayLive(pid: number, written: number | undefined): boolean {
  if (!isRunning(pid)) return false;
  const began = processStart(pid);
  return written === undefined || began === undefined || began < written + CLOCKS_DIFFER;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as another user.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
