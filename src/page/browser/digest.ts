/** Stands for `files/digest.ts` in the page. */
import { sha256 } from "@noble/hashes/sha2.js";
import { ok, type Result } from "#core/result.ts";

/** SHA-256 of a run of a file's bytes. */
export async function digestRange(
  { bytes }: { readonly bytes: Uint8Array },
  offset: number,
  length: number,
): Promise<Result<string>> {
  return ok(Buffer.from(sha256(bytes.subarray(offset, offset + length))).toString("hex"));
}
