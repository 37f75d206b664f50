import { hexdumpAround } from "#bytes/hexdump.ts";
import { type Command, type CommandStream, commandTitle } from "./command.ts";

/** The first place where two streams, or their effects, are not the same. */
export type StreamDifference = {
  /** Position of the command, from 0. Undefined where the difference belongs to no one command. */
  readonly index: number | undefined;
  /** `revision`, `command`, `subcommand`, `pipeline`, `payload`; of effects: `kernel`, `next buffer 0`, … */
  readonly field: string;
  /** What each side has there, in words. */
  readonly a: string;
  readonly b: string;
  readonly bytes?: ByteDifference;
};

export type ByteDifference = {
  /** The first byte that differs; the length of the shorter side where that is the beginning of the longer. */
  readonly offset: number;
  /** Hexdumps of each side around it. */
  readonly a: readonly string[];
  readonly b: readonly string[];
};

const NOTHING = "nothing";

/**
 * Compares two streams command by command. Undefined: they are the same, byte for byte.
 * (`diffEffects` of `#model` compares what the kernel makes of them.)
 */
export function diffStreams(a: CommandStream, b: CommandStream): StreamDifference | undefined {
  if (a.revision !== b.revision) {
    return { index: undefined, field: "revision", a: a.revision, b: b.revision };
  }
  const count = Math.max(a.commands.length, b.commands.length);
  for (let index = 0; index < count; index++) {
    const difference = diffCommands(a.commands[index], b.commands[index], index);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function diffCommands(
  a: Command | undefined,
  b: Command | undefined,
  index: number,
): StreamDifference | undefined {
  if (a === undefined || b === undefined) {
    if (a === b) return undefined;
    const title = (command: Command | undefined) => (command === undefined ? NOTHING : commandTitle(command));
    return { index, field: "command", a: title(a), b: title(b) };
  }
  for (const field of ["command", "subcommand", "pipeline"] as const) {
    if (a[field] !== b[field]) return { index, field, a: a[field] ?? NOTHING, b: b[field] ?? NOTHING };
  }
  return diffBytes(a.payload, b.payload, index, "payload");
}

/** The first difference of two runs of bytes, as one of `field`. */
export function diffBytes(
  a: Uint8Array,
  b: Uint8Array,
  index: number | undefined,
  field: string,
): StreamDifference | undefined {
  const offset = firstDifference(a, b);
  if (offset === undefined) return undefined;
  return {
    index,
    field,
    a: `${a.length} bytes`,
    b: `${b.length} bytes`,
    bytes: { offset, a: hexdumpAround(a, offset), b: hexdumpAround(b, offset) },
  };
}

const STRIDE = 64 * 1024;

/** Kernels are long: whole strides are compared by the runtime, only the one that differs byte by byte. */
function firstDifference(a: Uint8Array, b: Uint8Array): number | undefined {
  if (a.length === b.length && (isSame(a, b) || Buffer.compare(a, b) === 0)) return undefined;
  const common = Math.min(a.length, b.length);
  for (let start = 0; start < common; start += STRIDE) {
    const end = Math.min(common, start + STRIDE);
    if (Buffer.compare(a.subarray(start, end), b.subarray(start, end)) === 0) continue;
    for (let at = start; at < end; at++) if (a[at] !== b[at]) return at;
  }
  return a.length === b.length ? undefined : common;
}

/** Whether they are views of the same memory, as payloads of one image may be. */
function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.buffer === b.buffer && a.byteOffset === b.byteOffset;
}
