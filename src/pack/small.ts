import { readFile } from "node:fs/promises";
import { err, ok, type Result } from "#core/result.ts";
import { digest } from "#files/digest.ts";
import { fileFailed } from "#files/errno.ts";
import type { PackedInput } from "./types.ts";

/** A file that fits in memory: bytecode, a container, a kernel to be compressed. Errors: `file-failed`. */
export async function readSmall(file: string): Promise<Result<Uint8Array>> {
  try {
    return ok(await readFile(file));
  } catch (error) {
    return err(fileFailed("read", file, error));
  }
}

/** Such a file as an input of the report, where digests are asked for. */
export function smallInput(
  file: string,
  bytes: Uint8Array,
  { digests }: { readonly digests: boolean },
): PackedInput | undefined {
  return digests ? { file, sha256: digest(bytes) } : undefined;
}
