import { resolve } from "node:path";
import { err, ok, type Result } from "#core/result.ts";
import { isStdout } from "#files/deliver.ts";
import type { Io } from "#report/io.ts";

/** The absolute path of a command's one output; `-` is stdout. */
export function outputPath({ cwd }: Pick<Io, "cwd">, word: string): string {
  return word === "-" ? "/dev/stdout" : resolve(cwd, word);
}

/**
 * The streams of a command whose output may itself go to stdout: then what it tells goes to stderr.
 *
 * @param output as `outputPath` gives it
 * Errors: `usage` where JSON is to go there as well.
 */
export function besideOutput(io: Io, output: string, json: boolean): Result<Io> {
  if (!isStdout(output)) return ok(io);
  if (json) return err({ reason: "usage", detail: "the output and --json cannot both go to stdout" });
  return ok({ ...io, stdout: io.stderr });
}

/** Says what is wrong with a word for an output. @param several whether the command writes several files */
export function outputComplaint(word: string, several: boolean): string | undefined {
  if (word === "") return "--output is empty: the name of a file or folder is expected";
  return word === "-" && several ? "--output -: several files cannot go to stdout" : undefined;
}
