import { existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds: not how long a condition takes to come true, but after how long something hangs. */
const PATIENCE = 600_000;

/** Waits until `holds`. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const end = performance.now() + PATIENCE;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`waited in vain until ${what}`);
    await sleep(20);
  }
}

/** Whether a process has ended; a zombie that an idle init leaves counts as ended. */
export function isGone(pid: number | string): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch (error) {
    // ESRCH: it ended between open and read.
    if (error instanceof Error && "code" in error && /^(?:ENOENT|ESRCH)$/.test(String(error.code)))
      return true;
    throw error;
  }
}

/** The lines of a file that others are writing; none where there is no file yet. */
export function linesOf(file: string): readonly string[] {
  return existsSync(file)
    ? readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line !== "")
    : [];
}

/** The processor time that `body` takes in this process, in milliseconds, however many others share the processor. */
export function processorTime(body: () => void): number {
  const before = process.cpuUsage();
  body();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
