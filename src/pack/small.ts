import { digest } from "#files/digest.ts";
import type { PackedInput } from "./types.ts";

/** A file that was read into memory, as an input of the report, where digests are asked for. */
export function smallInput(
  file: string,
  bytes: Uint8Array,
  { digests }: { readonly digests: boolean },
): PackedInput | undefined {
  return digests ? { file, sha256: digest(bytes) } : undefined;
}
