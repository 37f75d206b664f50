import type { CommandStream } from "#abi/command.ts";
import { decodeKbs, encodeKbs } from "#abi/kbs.ts";
import { LARGEST_PARTS } from "#abi/limits.ts";
import type { Revision } from "#abi/revisions.ts";
import { diffStreams, type StreamDifference } from "#abi/stream-diff.ts";
import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { deliver } from "#files/deliver.ts";
import { readInput } from "#files/input-file.ts";
import type { NamedFile } from "./common/named-file.ts";
import type { Context } from "./context.ts";

/** The command stream in a file, whose path is absolute. Errors name it. */
export async function readStream(file: string): Promise<Result<CommandStream>> {
  const bytes = await readInput(file);
  if (!bytes.ok) return bytes;
  const stream = decodeKbs(bytes.value);
  return stream.ok ? stream : err(inFile(stream.failure, file));
}

export type ReferenceStreamRequest = {
  /** Absolute, as `output`. */
  readonly image: string;
  /** A file to write, or a pipe or device to write into. */
  readonly output: string;
  readonly abi: Revision;
};

/** Writes the stream that the reference parsers expect for an image. Errors: `file-failed`, those of the parsers with the file. */
export async function writeReferenceStream(
  { image: file, output, abi: revision }: ReferenceStreamRequest,
  { signal }: Pick<Context, "signal">,
): Promise<Result<void>> {
  const image = await readInput(file);
  if (!image.ok) return image;
  const { parseAny } = await import("#reference-parsers/runner.ts");
  const commands = parseAny({ image: image.value, revision, limits: LARGEST_PARTS });
  if (!commands.ok) return err(inFile(commands.failure, file));
  return deliver(output, encodeKbs({ revision, commands: commands.value }), signal);
}

export type RecordStreamRequest = {
  readonly parser: NamedFile;
  /** Absolute, as `output`. */
  readonly image: string;
  /** A file to write, or a pipe or device to write into. */
  readonly output: string;
  /** Default: the parser's own. */
  readonly abi: Revision | undefined;
};

/**
 * Runs a parser over an image in the virtual machine and writes what it sends; of a container, what its outermost parsers send.
 *
 * Errors: those of reading and loading; `parser-misbehaved` for a fault, a leak or a buffer that is no command; `unsupported`, with its
 * last words, where it sends nothing.
 */
export async function recordStream(
  { parser: { name, file }, image, output, abi }: RecordStreamRequest,
  { signal }: Pick<Context, "signal">,
): Promise<Result<void>> {
  const bytes = await readInput(file);
  if (!bytes.ok) return bytes;
  const shown = await readInput(image);
  if (!shown.ok) return shown;
  const { loadInput } = await import("#fuzz/campaign-input.ts");
  const loaded = loadInput(name, bytes.value, abi);
  if (!loaded.ok) return loaded;
  const { parser, revision } = loaded.value;
  const { parserInterface } = await import("#verify/subject.ts");
  const known = parserInterface(revision);
  if (!known.ok) return known;
  const { sentBy } = await import("#verify/vm-runner.ts");
  const commands = sentBy({ ...known.value, programs: parser.programs }, shown.value);
  if (!commands.ok) return err(inFile(commands.failure, name));
  return deliver(output, encodeKbs({ revision, commands: commands.value }), signal);
}

export type StreamDiffRequest = {
  /** Absolute, as `b`. */
  readonly a: string;
  readonly b: string;
  /** Compare what the kernel makes of them, not the commands themselves. */
  readonly effect: boolean;
};

export type StreamDiffReport = {
  readonly schema: 1;
  readonly same: boolean;
  /** The first one; null where the streams are the same. */
  readonly difference: StreamDifference | null;
};

/** Compares two streams in files. Errors: those of `readStream`. */
export async function diffStreamFiles({
  a: fileA,
  b: fileB,
  effect,
}: StreamDiffRequest): Promise<Result<StreamDiffReport>> {
  const a = await readStream(fileA);
  if (!a.ok) return a;
  const b = await readStream(fileB);
  if (!b.ok) return b;
  const difference = effect
    ? await (await import("#kexec-model/effects.ts")).diffEffects(a.value, b.value)
    : diffStreams(a.value, b.value);
  return ok({ schema: 1, same: difference === undefined, difference: difference ?? null });
}
