import { resolve } from "node:path";
import { inspect } from "#inspect/inspect.ts";
import { EXIT } from "#report/exit-code.ts";
import { failureText } from "#report/failure-text.ts";
import { inspectionText } from "./inspection-text.ts";
import type { Io } from "./io.ts";
import { report } from "./report-failure.ts";

export type InspectRequest = {
  readonly file: string;
  readonly hashes: boolean;
  /** The largest part that a parser may carry, in bytes. */
  readonly limit: number;
  readonly json: boolean;
};

/** What `inspect` does once its options are understood; returns the exit status. */
export async function runInspect({ file, hashes, limit, json }: InspectRequest, io: Io): Promise<number> {
  const found = await inspect(resolve(io.cwd, file), { hashes, limit, explain: failureText });
  if (!found.ok) return report(io, found.failure);
  io.stdout(json ? `${JSON.stringify(found.value)}\n` : inspectionText(found.value));
  return EXIT.ok;
}
