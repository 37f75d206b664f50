import { statSync } from "node:fs";
import { err, ok, type Result } from "#core/result.ts";

/** Seconds that a tool may take, for those that no other limit is said for. */
export const TIME_VARIABLE = "KEXEC_BPF_TOOL_TIMEOUT";
const DEFAULT_SECONDS = 600;
const MOST_SECONDS = 7 * 24 * 3600;

/** The time that a tool may take, in milliseconds. Errors: `usage`. */
export function toolTime(env: Readonly<Record<string, string | undefined>>): Result<number> {
  const value = env[TIME_VARIABLE];
  if (value === undefined || value === "") return ok(DEFAULT_SECONDS * 1000);
  const seconds = /^\d{1,9}$/.test(value) ? Number(value) : 0;
  if (seconds >= 1 && seconds <= MOST_SECONDS) return ok(seconds * 1000);
  const detail = `${TIME_VARIABLE}=${value}: seconds from 1 to ${MOST_SECONDS} are expected`;
  return err({ reason: "usage", detail });
}

/** A file that a tool writes, and the bytes that end the tool. */
export type FileLimit = { readonly file: string; readonly bytes: number };

/** Milliseconds between two looks at the files. */
const INTERVAL = 50;

/** Looks at growing files until it is stopped, and calls once, with the first that is too large. */
export function watchFiles(limits: readonly FileLimit[], tooLarge: (limit: FileLimit) => void): () => void {
  if (limits.length === 0) return () => undefined;
  const timer = setInterval(() => {
    const found = firstTooLarge(limits);
    if (found === undefined) return;
    clearInterval(timer);
    tooLarge(found);
  }, INTERVAL);
  return () => clearInterval(timer);
}

export function firstTooLarge(limits: readonly FileLimit[]): FileLimit | undefined {
  return limits.find(({ file, bytes }) => (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > bytes);
}
