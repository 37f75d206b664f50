import type { CommandStream } from "#abi/command.ts";
import { PARTS } from "#abi/parts.ts";
import { diffBytes, type StreamDifference } from "#abi/stream-diff.ts";
import { EMPTY_CONTEXT } from "./context.ts";
import { type ExecutedStream, executeStream } from "./execute.ts";

const NOTHING = "nothing";

/**
 * Compares two streams by what the kernel makes of them: kernel, initrd, cmdline, the buffers queued for the next
 * layer, whether the stage is done. Their order, commands that a later one overrides, and how a kernel came about
 * (copied, or decompressed) do not count. Where the kernel refuses a command, the effect is what came before.
 * Undefined: the effects are the same.
 */
export async function diffEffects(a: CommandStream, b: CommandStream): Promise<StreamDifference | undefined> {
  if (a.revision !== b.revision) {
    return { index: undefined, field: "revision", a: a.revision, b: b.revision };
  }
  const [left, right] = await Promise.all([effect(a), effect(b)]);
  return (
    diffParts(left, right) ??
    diffQueues(left, right) ??
    diffWords("end of the stream", ended(left), ended(right)) ??
    diffWords("refusal", refusal(left), refusal(right))
  );
}

function effect(stream: CommandStream): Promise<ExecutedStream> {
  // For the loaders that add no NUL a command line without one is another.
  return executeStream(stream, EMPTY_CONTEXT, { stage: "stream", commandLine: "as-sent" });
}

function diffParts(a: ExecutedStream, b: ExecutedStream): StreamDifference | undefined {
  for (const { name } of PARTS) {
    const difference = diffMaybe(a.context[name], b.context[name], name);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function diffQueues(a: ExecutedStream, b: ExecutedStream): StreamDifference | undefined {
  const count = Math.max(a.context.queued.length, b.context.queued.length);
  for (let i = 0; i < count; i++) {
    const difference = diffMaybe(a.context.queued[i], b.context.queued[i], `next buffer ${i}`);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function diffMaybe(
  a: Uint8Array | undefined,
  b: Uint8Array | undefined,
  field: string,
): StreamDifference | undefined {
  if (a !== undefined && b !== undefined) return diffBytes(a, b, undefined, field);
  const size = (bytes: Uint8Array | undefined) => (bytes === undefined ? NOTHING : `${bytes.length} bytes`);
  return diffWords(field, size(a), size(b), a === b);
}

function diffWords(field: string, a: string, b: string, same = a === b): StreamDifference | undefined {
  return same ? undefined : { index: undefined, field, a, b };
}

function ended({ context }: ExecutedStream): string {
  return context.parsed ? "DONE" : NOTHING;
}

function refusal({ refused }: ExecutedStream): string {
  return refused === undefined ? NOTHING : refused.detail;
}
