import type { Failure, FileFailed } from "#core/failure.ts";

/** The failure for a file operation that threw. Anything that is no system error is a bug and is thrown on. */
export function fileFailed(operation: FileFailed["operation"], file: string, error: unknown): FileFailed {
  if (error instanceof Error && "code" in error && typeof error.code === "string") {
    return { reason: "file-failed", operation, file, code: error.code };
  }
  throw error;
}

/** Whether a file could not be read because there is none. */
export function isMissing(failure: Failure): boolean {
  return failure.reason === "file-failed" && failure.code === "ENOENT";
}
