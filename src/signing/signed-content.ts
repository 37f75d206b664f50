import { inFile, type Malformed } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { readInput } from "#files/input-file.ts";
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
  const bytes = await readInput(file);
  if (!bytes.ok) return bytes;
  const split = splitSignature(bytes.value);
  if (!split.ok) return err(inFile(split.failure, file));
  const container = decodeContainer(split.value.content);
  return ok({ ...split.value, notContainer: container.ok ? undefined : inFile(container.failure, file) });
}
