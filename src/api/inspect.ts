import { ok, type Result } from "#core/result.ts";
import { inspectFile } from "#inspect/inspect.ts";
import type { Inspection } from "#inspect/types.ts";
import { failureText } from "#report/failure-text.ts";
import type { OwnReference } from "#verify/references.ts";

export type InspectRequest = {
  /** Absolute. */
  readonly file: string;
  /** SHA-256 sums of the file and its parts: what takes long of a large file. */
  readonly hashes: boolean;
  /** The largest part that a parser may carry, in bytes. */
  readonly limit: number;
  /** The absolute path of a module (`ImageFormat`): its parser is asked, too. */
  readonly reference: string | undefined;
};

/** What a file is, its parts, what is odd about it, and what each parser would send for it. */
export async function inspect({
  file,
  hashes,
  limit,
  reference,
}: InspectRequest): Promise<Result<Inspection>> {
  const own = reference === undefined ? ok(undefined) : await openOwn(reference);
  if (!own.ok) return own;
  return inspectFile(file, { hashes, limit, explain: failureText, own: own.value });
}

async function openOwn(file: string): Promise<Result<OwnReference>> {
  const { openFormat } = await import("#own-formats/open-reference.ts");
  return openFormat(file);
}
