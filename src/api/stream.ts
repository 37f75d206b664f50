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

export type StreamRequest = {
  /** Whose stream it is; undefined for the one that the reference parsers expect. */
  readonly parser: NamedFile | undefined;
  /** Absolute. */
  readonly image: string;
  /** Default: the parser's own; of the references v7. */
  readonly abi: Revision | undefined;
};

/**
 * The stream that a parser sends for an image, run in the virtual machine (of a container, what its outermost parsers send), or the one
 * that is expected.
 *
 * Errors: those of reading and loading; what the references say of an image that they refuse; `parser-misbehaved` for a fault, a leak or a
 * buffer that is no command; `unsupported`, with its last words, for a parser that sends nothing.
 */
export function streamFor({ parser, image, abi }: StreamRequest): Promise<Result<CommandStream>> {
  return parser === undefined ? expectedStream(image, abi ?? "v7") : sentStream(parser, image, abi);
}

async function expectedStream(file: string, revision: Revision): Promise<Result<CommandStream>> {
  const image = await readInput(file);
  if (!image.ok) return image;
  const { parseAny } = await import("#reference-parsers/runner.ts");
  const commands = parseAny({ image: image.value, revision, limits: LARGEST_PARTS });
  if (!commands.ok) return err(inFile(commands.failure, file));
  return ok({ revision, commands: commands.value });
}

async function sentStream(
  { name, file }: NamedFile,
  image: string,
  abi: Revision | undefined,
): Promise<Result<CommandStream>> {
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
  return ok({ revision, commands: commands.value });
}

export type WriteStreamRequest = StreamRequest & {
  /** Absolute: a file to write, or a pipe or device to write into. */
  readonly output: string;
};

/** Writes the stream of `streamFor` as a `.kbs` file. Errors: those, and `file-failed`. */
export async function writeStream(
  { output, ...request }: WriteStreamRequest,
  { signal }: Pick<Context, "signal">,
): Promise<Result<void>> {
  const stream = await streamFor(request);
  return stream.ok ? deliver(output, encodeKbs(stream.value), signal) : stream;
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
