import type { Result } from "#core/result.ts";
import { type Unpacked, unpack as unpackFile } from "#pack/unpack.ts";
import type { PackContext } from "./pack.ts";

export type UnpackRequest = {
  /** Absolute, as `folder`: an envelope, a container or a PE image with a `.bpf`. */
  readonly file: string;
  readonly folder: string;
  /** Whether to tell SHA-256 sums. */
  readonly digests: boolean;
};

/** Writes the parts of a file that was packed, all of them or none. */
export function unpack(
  { digests, ...request }: UnpackRequest,
  context: PackContext,
): Promise<Result<Unpacked>> {
  return unpackFile(request, { digests, ...context });
}
