import { join, resolve } from "node:path";
import { PARTS, perPart } from "#abi/parts.ts";
import type { Revision } from "#abi/revisions.ts";
import { err, ok, type Result } from "#core/result.ts";
import { digest } from "#files/digest.ts";
import { readInput } from "#files/input-file.ts";
import { makeFolder, removeStaleTemporaries } from "#files/output.ts";
import { writeOutputs } from "#files/output-set.ts";
import { decompose } from "#kexec-model/decompose.ts";
import type { Decomposed } from "#kexec-model/types.ts";
import { referenceRunner } from "#reference-parsers/runner.ts";
import { EXIT } from "#report/exit-code.ts";
import { table } from "#report/table.ts";
import { vmRunner } from "#verify/vm-runner.ts";
import type { Io } from "./io.ts";
import { report } from "./report-failure.ts";
import { formatSize } from "./sizes.ts";

export type DecomposeRequest = {
  readonly revision: Revision;
  /** The reference parsers stand in for the bytecode; `part` is then the largest part, in bytes. */
  readonly reference: boolean;
  readonly part: number;
  readonly container: string;
  readonly image: string;
  /** The folder for the parts. */
  readonly output: string;
  readonly json: boolean;
};

/** What `decompose` does once its options are understood; returns the exit status. */
export async function runDecompose(request: DecomposeRequest, io: Io): Promise<number> {
  const decomposed = await partsOf(request, io);
  if (!decomposed.ok) return report(io, decomposed.failure);
  const written = await writeParts(decomposed.value, resolve(io.cwd, request.output));
  if (!written.ok) return report(io, written.failure);
  const parts = written.value;
  const rows = parts.map(({ name, size, sha256, file }) => [name, formatSize(size), sha256, file]);
  io.stdout(
    request.json
      ? `${JSON.stringify({ schema: 1, revision: request.revision, parts })}\n`
      : `${table(rows)}\n`,
  );
  return EXIT.ok;
}

/** The image's parts. Errors: `file-failed`, those of `decompose()`. */
async function partsOf(
  { revision, reference, part, container: containerFile, image: imageFile }: DecomposeRequest,
  io: Io,
): Promise<Result<Decomposed>> {
  const container = await readInput(resolve(io.cwd, containerFile));
  if (!container.ok) return container;
  const image = await readInput(resolve(io.cwd, imageFile));
  if (!image.ok) return image;
  const limits = perPart(() => part);
  const runParser = reference ? referenceRunner(revision, limits) : vmRunner(revision);
  const decomposed = await decompose(
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

type WrittenPart = {
  readonly name: string;
  readonly file: string;
  readonly size: number;
  readonly sha256: string;
};

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
