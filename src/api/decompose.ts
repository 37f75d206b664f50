import { join } from "node:path";
import { PARTS, perPart } from "#abi/parts.ts";
import type { Revision } from "#abi/revisions.ts";
import { err, ok, type Result } from "#core/result.ts";
import { digest } from "#files/digest.ts";
import { readInput } from "#files/input-file.ts";
import { makeFolder, removeStaleTemporaries } from "#files/output.ts";
import { writeOutputs } from "#files/output-set.ts";
import { decompose as takeApart } from "#kexec-model/decompose.ts";
import type { Decomposed } from "#kexec-model/types.ts";
import { referenceRunner } from "#reference-parsers/runner.ts";
import { vmRunner } from "#verify/vm-runner.ts";

export type DecomposeRequest = {
  readonly abi: Revision;
  /** The reference parsers stand in for the bytecode; `limit` is then the largest part, in bytes. */
  readonly reference: boolean;
  readonly limit: number;
  /** Absolute, as `image` and `output`. */
  readonly container: string;
  readonly image: string;
  /** The folder for the parts. */
  readonly output: string;
};

export type DecomposeReport = {
  readonly schema: 1;
  readonly revision: Revision;
  readonly parts: readonly WrittenPart[];
};

type WrittenPart = {
  readonly name: string;
  readonly file: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
};

/** Takes an image apart as the kernel would, and writes what comes out. Errors: `file-failed`, those of the kernel's model. */
export async function decompose(request: DecomposeRequest): Promise<Result<DecomposeReport>> {
  const decomposed = await partsOf(request);
  if (!decomposed.ok) return decomposed;
  const parts = await writeParts(decomposed.value, request.output);
  return parts.ok ? ok({ schema: 1, revision: request.abi, parts: parts.value }) : parts;
}

/** The image's parts. Errors: `file-failed`, those of the kernel's model. */
async function partsOf({
  abi: revision,
  reference,
  limit,
  container: containerFile,
  image: imageFile,
}: DecomposeRequest): Promise<Result<Decomposed>> {
  const container = await readInput(containerFile);
  if (!container.ok) return container;
  const image = await readInput(imageFile);
  if (!image.ok) return image;
  const limits = perPart(() => limit);
  const runParser = reference ? referenceRunner(revision, limits) : vmRunner(revision);
  const decomposed = await takeApart(
    revision === "v6"
      ? { revision, image: image.value, runParser }
      : { revision, container: container.value, image: image.value, runParser },
  );
  if (!decomposed.ok) return decomposed;
  // That the kernel would go on to a parser that behaves does not excuse the one before.
  const misbehaved = decomposed.value.attempts.find(
    ({ failure }) =>
      failure?.reason === "not-decomposed" &&
      failure.causes.some(({ reason }) => reason === "parser-misbehaved"),
  );
  return misbehaved?.failure === undefined ? decomposed : err(misbehaved.failure);
}

/** Writes all parts or none. Errors: `file-failed`. */
async function writeParts(decomposed: Decomposed, folder: string): Promise<Result<readonly WrittenPart[]>> {
  const made = await makeFolder(folder);
  if (!made.ok) return made;
  const outputs = PARTS.map(({ name }) => ({
    name,
    file: join(folder, name),
    // A part that this image does not have is removed: one of an earlier run would pass for this one's.
    content: decomposed[name],
  }));
  removeStaleTemporaries(folder);
  const written = await writeOutputs(outputs);
  if (!written.ok) return written;
  return ok(
    outputs.flatMap(({ name, file, content }) =>
      content === undefined ? [] : [{ name, file, size: content.length, sha256: digest(content) }],
    ),
  );
}
