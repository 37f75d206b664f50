import { type Command, type CommandStream, commandTitle } from "#abi/command.ts";
import { commandNumbers } from "#abi/command-codec.ts";
import { type CommandLineEnd, type Revision, revisionProfile } from "#abi/revisions.ts";
import type { Failure, NotDecomposed } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { type KernelContext, MAX_QUEUED } from "./context.ts";
import { kernelDecompress } from "./decompress.ts";
import { notDecomposed } from "./failures.ts";

export type ExecutedStream = {
  /** What the commands before the refused one have made stays: the loader takes nothing back. */
  readonly context: KernelContext;
  /** The first command that the kernel refuses; a parser stops there, so none behind it is executed. */
  readonly refused: NotDecomposed | undefined;
};

export type ExecuteStreamOptions = {
  /** For failures: `layer 1, .bpf.1`. */
  readonly stage: string;
  /** Most bytes that a DECOMPRESS may give. Default: the kernel's 512 MiB. */
  readonly decompressedLimit?: number;
  /** Default: as the revision's profile has it. */
  readonly commandLine?: CommandLineEnd;
};

/**
 * Does what the loader does when a parser calls `bpf_buffer_parser()` once for each command. Payloads that are
 * copied stay views.
 *
 * v6's loader only traces a command that it cannot carry out, and reports success to the parser; here that is a
 * refusal in both revisions, since what is left is never what the parser meant.
 *
 * Source: the series' `kexec_buff_parser()` (docs/spec.md, "The kernel's side").
 */
export async function executeStream(
  stream: CommandStream,
  before: KernelContext,
  options: ExecuteStreamOptions,
): Promise<ExecutedStream> {
  let context = before;
  for (const [index, command] of stream.commands.entries()) {
    const place = `${options.stage}, command ${index}`;
    const next = await execute(command, place, stream.revision, context, options);
    if (!next.ok) {
      const { detail, causes } = next.failure;
      return { context, refused: notDecomposed(options.stage, detail, causes, index) };
    }
    context = next.value;
  }
  return { context, refused: undefined };
}

type Refusal = { readonly detail: string; readonly causes?: readonly Failure[] };

/** @param place of the command, for the name of what it decompresses */
async function execute(
  command: Command,
  place: string,
  revision: Revision,
  context: KernelContext,
  { decompressedLimit, commandLine = revisionProfile(revision).commandLine }: ExecuteStreamOptions,
): Promise<Result<KernelContext, Refusal>> {
  if (!commandNumbers(revision).has(command.command)) {
    return err({ detail: `${command.command} is no command of ${revision}` });
  }
  switch (command.command) {
    case "DONE":
      return ok({ ...context, parsed: true });
    case "VERIFY_SIG":
      return err({ detail: "VERIFY_SIG has a number, but the loader has no code for it" });
    case "DECOMPRESS":
      return decompressInto(context, command, place, revision, decompressedLimit);
    case "COPY":
      return copyInto(context, command, revision, commandLine);
  }
}

async function decompressInto(
  context: KernelContext,
  command: Command,
  place: string,
  revision: Revision,
  limit: number | undefined,
): Promise<Result<KernelContext, Refusal>> {
  if (command.subcommand !== "KERNEL") {
    return err({ detail: `${commandTitle(command)}: only the kernel is decompressed` });
  }
  const decompressed = await kernelDecompress(command.payload, limit);
  if (!decompressed.ok) {
    return err({ detail: `${commandTitle(command)} fails`, causes: [decompressed.failure] });
  }
  const { bytes, compression } = decompressed.value;
  const queue = queued(context, command, bytes, revision);
  if (!queue.ok) return queue;
  // Of the layers before, those of the queue are all that can still be asked for.
  const layers = new Map([...context.layers].filter(([key]) => queue.value.includes(key)));
  layers.set(bytes, `the ${compression} stream of ${place}`);
  return ok({ ...context, kernel: bytes, queued: queue.value, layers });
}

function copyInto(
  context: KernelContext,
  command: Command,
  revision: Revision,
  commandLine: CommandLineEnd,
): Result<KernelContext, Refusal> {
  const { subcommand, payload } = command;
  if (subcommand === undefined) return err({ detail: "COPY without a subcommand" });
  if (payload.length === 0) {
    // v7 takes an empty initrd for none. v6 allocates 0 bytes, which fails.
    if (subcommand === "INITRD" && revision === "v7") return ok(context);
    return err({ detail: `${commandTitle(command)} has an empty payload` });
  }
  const queue = queued(context, command, payload, revision);
  if (!queue.ok) return queue;
  const filled = { ...context, queued: queue.value };
  switch (subcommand) {
    case "KERNEL":
      return ok({ ...filled, kernel: payload });
    case "INITRD":
      return ok({ ...filled, initrd: payload });
    case "CMDLINE":
      return ok({ ...filled, cmdline: commandLine === "ended" ? terminated(payload) : payload });
  }
}

/** The queue behind a command's result; only FILL changes it. */
function queued(
  context: KernelContext,
  command: Command,
  result: Uint8Array,
  revision: Revision,
): Result<readonly Uint8Array[], Refusal> {
  if (command.pipeline === undefined) return ok(context.queued);
  if (revision === "v6") return err({ detail: "v6 has no pipeline flags" });
  if (context.queued.length === MAX_QUEUED) {
    return err({ detail: `${commandTitle(command)}: ${MAX_QUEUED} buffers are queued already` });
  }
  return ok([...context.queued, result]);
}

/** With a NUL at its end, added where there is none. */
function terminated(text: Uint8Array): Uint8Array {
  if (text.at(-1) === 0) return text;
  const longer = new Uint8Array(text.length + 1);
  longer.set(text);
  return longer;
}
