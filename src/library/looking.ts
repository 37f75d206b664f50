import type { CommandStream } from "#abi/command.ts";
import { type DisasmReport, type DisasmRequest, disasm } from "#api/disasm.ts";
import { type DoctorReport, type DoctorRequest, doctor } from "#api/doctor.ts";
import {
  diffStreamFiles,
  readStream,
  type StreamDiffReport,
  type StreamDiffRequest,
  streamFor,
  writeStream,
} from "#api/stream.ts";
import { ok, type Result } from "#core/result.ts";
import {
  absolutePath,
  type CallContext,
  completeContext,
  type FileWord,
  fileOf,
  type Sparse,
} from "./context.ts";

/** Whose stream for which image. */
export type StreamCall = {
  /** Default: none, for the stream that the reference parsers expect. */
  readonly parser?: FileWord;
  readonly image: string;
  /** Default: the parser's own; of the references v7. */
  readonly abi?: "v6" | "v7";
};

/**
 * The commands that a parser sends for an image, or those that are expected, with their payloads.
 *
 * @returns the stream; or why the image is refused, `parser-misbehaved`, or `unsupported` where a parser sends nothing
 * @example
 * ```ts
 * const sent = await stream({ parser: "out/uki.bpf", image: "linux.efi" });
 * if (sent.ok) console.log(sent.value.commands.map(({ command, payload }) => [command, payload.length]));
 * ```
 */
export function streamOfImage(call: StreamCall, context: CallContext = {}): Promise<Result<CommandStream>> {
  return streamFor(streamRequest(call, context));
}

/**
 * Writes what `stream` gives to a `.kbs` file.
 *
 * @returns nothing; or a failure of `stream`, or `file-failed`
 */
export function recordStreamOfImage(
  call: StreamCall & { readonly output: string },
  context: CallContext = {},
): Promise<Result<void>> {
  const around = completeContext(context);
  return writeStream({ ...streamRequest(call, around), output: absolutePath(call.output, around) }, around);
}

function streamRequest({ parser, image, abi }: StreamCall, context: CallContext) {
  const around = completeContext(context);
  return {
    abi,
    parser: parser === undefined ? undefined : fileOf(parser, around),
    image: absolutePath(image, around),
  };
}

/**
 * The stream in a `.kbs` file.
 *
 * @returns the stream, or `file-failed`, `malformed`
 */
export function readStreamFile(file: string, context: CallContext = {}): Promise<Result<CommandStream>> {
  return readStream(absolutePath(file, completeContext(context)));
}

/**
 * Compares the streams in two `.kbs` files; with `effect`, what the kernel makes of them.
 *
 * @returns the first difference, null where there is none
 */
export function compareStreams(
  call: Sparse<StreamDiffRequest, "a" | "b">,
  context: CallContext = {},
): Promise<Result<StreamDiffReport>> {
  const around = completeContext(context);
  const [a, b] = [absolutePath(call.a, around), absolutePath(call.b, around)];
  return diffStreamFiles({ effect: false, ...call, a, b });
}

/**
 * The programs of a `.bpf` container, bytecode object, light skeleton or BPF object, as a kernel would execute them.
 *
 * @returns a listing of each program; or a failure of reading, opening and loading
 */
export function listPrograms(
  call: Sparse<DisasmRequest, "file">,
  context: CallContext = {},
): Promise<Result<DisasmReport>> {
  const around = completeContext(context);
  const paths = { file: absolutePath(call.file, around), btf: absolutePath(call.btf, around) };
  return disasm({ loader: false, load: true, abi: undefined, ...call, ...paths });
}

/**
 * Which tools there are, which are too old or missing, and what mends it. A missing tool is no failure.
 *
 * @returns the report; `healthy` says whether parsers can be built
 */
export async function examineMachine(
  call: Partial<DoctorRequest> = {},
  context: CallContext = {},
): Promise<Result<DoctorReport>> {
  const around = completeContext(context);
  return ok(await doctor({ kernelTree: absolutePath(call.kernelTree, around) }, around));
}
