import type { Command, CommandName } from "#abi/command.ts";
import type { Subcommand } from "#abi/parts.ts";
import type { ByteReader } from "#bytes/reader.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { RecordLimits, ReferenceInput } from "./input.ts";

/** A run of the image's bytes that becomes a payload. */
export type FoundPart = {
  readonly bytes: Uint8Array;
  /** Where it begins in the image; 0 for an empty part. */
  readonly start: number;
  /** The field that gives the part's size, for a failure about it. */
  readonly section: string;
  readonly offset: number;
};

/** What a parser found. A part that is absent makes no command, nor does an empty one but the command line. */
export type Parts = {
  readonly kernel: FoundPart;
  readonly initrd?: FoundPart | undefined;
  readonly cmdline?: FoundPart | undefined;
};

const NO_BYTES = new Uint8Array(0);

/**
 * A part of `file` from a field pair of `header`; nothing else in this folder turns foreign numbers into a view.
 *
 * An empty part is nowhere, so it may claim to be anywhere. Ends the decoding where a part that is not empty does
 * not lie inside the file; the arithmetic is that of unbounded integers.
 */
export function partOf(
  file: ByteReader,
  header: ByteReader,
  place: {
    readonly offset: bigint;
    readonly size: bigint;
    readonly offsetAt: number;
    readonly sizeAt: number;
  },
): FoundPart {
  const { offset, size, offsetAt, sizeAt } = place;
  const found = { section: header.section, offset: header.base + sizeAt };
  if (size === 0n) return { ...found, bytes: NO_BYTES, start: 0 };
  if (offset + size > BigInt(file.length)) {
    header.fail(offsetAt, `${size} bytes at ${offset} of ${file.length}`);
  }
  return { ...found, bytes: file.slice(Number(offset), Number(size)), start: file.base + Number(offset) };
}

/** A part with its command. */
export type OrderedPart = {
  readonly name: keyof RecordLimits;
  readonly subcommand: Subcommand;
  readonly how: Pick<Command, "command" | "pipeline">;
  /** Ends in a NUL, which is added where it is missing. */
  readonly text: boolean;
  readonly part: FoundPart;
};

/**
 * The stream for the parts, in canonical order: kernel, initrd, cmdline, and in v7 DONE.
 *
 * Errors: `size-exceeded`, and then no stream at all, for a part larger than its record.
 */
export function streamOf(
  parts: Parts,
  kernel: Pick<Command, "command" | "pipeline">,
  input: ReferenceInput,
): Result<readonly Command[]> {
  const order: readonly (Omit<OrderedPart, "part"> & { readonly part: FoundPart | undefined })[] = [
    { name: "kernel", subcommand: "KERNEL", how: kernel, text: false, part: parts.kernel },
    { name: "initrd", subcommand: "INITRD", how: withoutFlag("COPY"), text: false, part: parts.initrd },
    { name: "cmdline", subcommand: "CMDLINE", how: withoutFlag("COPY"), text: true, part: parts.cmdline },
  ];
  return streamInOrder(
    order.flatMap(({ part, ...row }) => (part === undefined ? [] : [{ ...row, part }])),
    input,
  );
}

/** The stream of parts that are in canonical order. Errors: `size-exceeded`, as `streamOf`. */
export function streamInOrder(
  order: readonly OrderedPart[],
  { limits, revision }: ReferenceInput,
): Result<readonly Command[]> {
  const commands: Command[] = [];
  for (const { name, subcommand, how, text, part } of order) {
    const payload = text ? endedByNul(part.bytes) : part.bytes;
    const copied = payload === part.bytes ? {} : { textAt: part.start };
    if (payload.length === 0) continue;
    if (payload.length > limits[name]) {
      return err({
        reason: "size-exceeded",
        what: `${name} for its record`,
        size: payload.length,
        limit: limits[name],
        field: { section: part.section, offset: part.offset },
      });
    }
    commands.push({ ...how, subcommand, payload, ...copied });
  }
  return ok(revision === "v7" ? [...commands, DONE] : commands);
}

/** v7's stream for an image of which nothing has to be sent. */
export function doneAlone(): Result<readonly Command[]> {
  return ok([DONE]);
}

/** The text, and one NUL more where it does not end in one. */
function endedByNul(text: Uint8Array): Uint8Array {
  if (text.at(-1) === 0) return text;
  const ended = new Uint8Array(text.length + 1);
  ended.set(text);
  return ended;
}

export function withoutFlag(command: CommandName): Pick<Command, "command" | "pipeline"> {
  return { command, pipeline: undefined };
}

const DONE: Command = { ...withoutFlag("DONE"), subcommand: undefined, payload: NO_BYTES };
