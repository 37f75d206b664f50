import { dirname } from "node:path";
import type { Failure } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { destinationOf, type StreamDestination } from "./destination.ts";
import { Outlet } from "./outlet.ts";
import { removeStaleTemporaries, writeOutput } from "./output.ts";

/**
 * Writes the one output of a command: a file by `writeOutput`; into a pipe or device, which is not replaced.
 *
 * Errors: those of `destinationOf`; `file-failed`; `cancelled`, by SIGPIPE where the pipe's reader went away.
 */
export async function deliver(
  file: string,
  content: string | Uint8Array,
  signal?: AbortSignal,
): Promise<Result<void>> {
  const destination = destinationOf(file);
  if (!destination.ok) return destination;
  if (destination.value.kind === "file") {
    removeStaleTemporaries(dirname(destination.value.path));
    return writeOutput(file, content);
  }
  return intoStream(destination.value, file, signal, (write) => write(Buffer.from(content)));
}

/** Opens a pipe or device for the time that `produce` takes, and hands it what writes there. Errors: as `deliver`. */
export async function intoStream<T>(
  destination: StreamDestination,
  file: string,
  signal: AbortSignal | undefined,
  produce: (write: (bytes: Uint8Array) => Promise<Result<void>>) => Promise<Result<T>>,
): Promise<Result<T>> {
  const opened = await Outlet.open(destination, file, signal);
  if (!opened.ok) return opened;
  const outlet = opened.value;
  try {
    return await produce(async (bytes) => {
      outlet.push(bytes);
      const written = await outlet.drained(signal);
      return written.ok ? ok(undefined) : err(readerGone(written.failure));
    });
  } finally {
    outlet.close();
  }
}

/** A reader that goes away ends a program as SIGPIPE does. */
export function readerGone(failure: Failure): Failure {
  const gone = failure.reason === "file-failed" && failure.code === "EPIPE";
  return gone ? { reason: "cancelled", signal: "SIGPIPE" } : failure;
}

/** Whether an output's name stands for this process's stdout. */
export function isStdout(file: string): boolean {
  const destination = destinationOf(file);
  return destination.ok && destination.value.kind === "descriptor" && destination.value.descriptor === 1;
}

/** Whether an output's name stands for a pipe or device, beside which nothing else is written. */
export function isStream(file: string): boolean {
  const destination = destinationOf(file);
  return destination.ok && destination.value.kind !== "file";
}
