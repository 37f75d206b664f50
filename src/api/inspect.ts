import type { Result } from "#core/result.ts";
import { inspect as inspectFile } from "#inspect/inspect.ts";
import type { Inspection } from "#inspect/types.ts";
import { failureText } from "#report/failure-text.ts";

export type InspectRequest = {
  /** Absolute. */
  readonly file: string;
  /** SHA-256 sums of the file and its parts: what takes long of a large file. */
  readonly hashes: boolean;
  /** The largest part that a parser may carry, in bytes. */
  readonly limit: number;
};

/** What a file is, its parts, what is odd about it, and what each parser would send for it. */
export function inspect({ file, hashes, limit }: InspectRequest): Promise<Result<Inspection>> {
  return inspectFile(file, { hashes, limit, explain: failureText });
}
