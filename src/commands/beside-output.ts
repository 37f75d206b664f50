import { err, ok, type Result } from "#core/result.ts";
import { isStdout } from "#files/deliver.ts";
import type { Io } from "#report/io.ts";

/**
 * The streams of a command whose output may itself go to stdout: then what it tells goes to stderr.
 *
 * @param output one, or several
 *
 * Errors: `usage` where JSON is to go there as well.
 */
export function besideOutput(io: Io, output: string | readonly string[], json: boolean): Result<Io> {
  if (![output].flat().some(isStdout)) return ok(io);
  if (json) return err({ reason: "usage", detail: "the output and --json cannot both go to stdout" });
  return ok({ ...io, stdout: io.stderr });
}
