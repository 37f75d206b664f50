import { LARGEST_PART } from "#abi/limits.ts";
import type { Result } from "#core/result.ts";
import { inspectFile } from "#inspect/inspect.ts";
import type { Inspection } from "#inspect/types.ts";
import { withFile } from "#page/browser/sparse-file.ts";
import { failureText } from "#report/failure-text.ts";
import type { OwnReference } from "#verify/references.ts";

/**
 * What `kexec-bpf inspect --json` says of a file.
 *
 * @param own a format of the user's own, as with `--reference`
 * @param hashes SHA-256 of every part, and the whole of what is compressed unpacked: seconds for a large image
 */
export function inspectBytes(
  name: string,
  bytes: Uint8Array,
  { hashes, own }: { readonly hashes: boolean; readonly own?: OwnReference | undefined },
): Promise<Result<Inspection>> {
  return withFile(name, bytes, () =>
    inspectFile(name, { hashes, limit: LARGEST_PART, own, explain: failureText }),
  );
}
