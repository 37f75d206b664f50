import { readFile } from "node:fs/promises";
import { inFile, type Malformed } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { fileFailed } from "#files/errno.ts";
import { decodeContainer } from "#formats/elf/container.ts";
import { type AppendedSignature, splitSignature } from "#formats/signature/signature.ts";

export type SignedContent = {
  readonly content: Uint8Array;
  readonly signature: AppendedSignature | undefined;
  /** Why the content is no `.bpf` container; undefined where it is one. */
  readonly notContainer: Malformed | undefined;
};

/** Errors: `file-failed`, and those of the trailer. */
export async function readSignedContent(file: string): Promise<Result<SignedContent>> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    return err(fileFailed("read", file, error));
  }
  const split = splitSignature(bytes);
  if (!split.ok) return err(inFile(split.failure, file));
  const container = decodeContainer(split.value.content);
  return ok({ ...split.value, notContainer: container.ok ? undefined : inFile(container.failure, file) });
}
