import type { StreamDifference } from "#abi/stream-diff.ts";
import { sourceOf } from "#bpf-vm/program.ts";
import type { SourceRole } from "#core/verification.ts";
import type { SourceLine } from "#isa/listing.ts";
import { type Emission, type EmissionOptions, emit } from "./emission.ts";
import type { ParserUnderTest } from "./subject.ts";

/** Members of `cmd_hdr` that differences name. */
const MEMBERS: Readonly<Record<string, string>> = {
  command: "cmd",
  subcommand: "subcmd",
  pipeline: "pipeline_flag",
};

/** A line of the parser, and what it has to do with a difference. */
export type Blame = { readonly source: SourceLine | undefined; readonly sourceIs: SourceRole };

/**
 * The source line behind a difference: the one that stored the first byte that differs; where the whole command is the
 * difference, or nobody is known to have stored the byte, the line that handed the buffer over. Where there is no
 * such buffer, the last line that wrote to the trace log, for that is where a parser says why it gives up.
 */
export function blame(
  subject: ParserUnderTest,
  image: Uint8Array,
  options: EmissionOptions,
  { index, field, bytes, a }: StreamDifference,
  emission: Emission,
): Blame {
  const extra = field === "command" && a === "nothing";
  const place = (size: number) => (extra ? undefined : offsetOf(subject, field, bytes?.offset, size));
  const found = index === undefined ? undefined : writerOf(subject, image, options, index, place);
  return found ?? { source: lastWords(emission), sourceIs: "last words" };
}

function lastWords({ runs }: Emission): SourceLine | undefined {
  const last = runs.findLast(({ outcome }) => outcome.lastPrintk !== undefined);
  return last?.outcome.lastPrintk === undefined ? undefined : sourceOf(last.program, last.outcome.lastPrintk);
}

/**
 * Who stored the byte at a place in an emitted buffer, else who sent it: the subject is run once more, with every
 * store to its records noted. Undefined where there is no such buffer.
 *
 * @param place the offset in the buffer, from the buffer's size; undefined for no byte in particular
 */
export function writerOf(
  subject: ParserUnderTest,
  image: Uint8Array,
  options: EmissionOptions,
  index: number,
  place: (size: number) => number | undefined,
): Blame | undefined {
  const { coverage: _counted, ...again } = options;
  const emitted = emit(subject, image, { ...again, watchWrites: true }).emitted[index];
  if (emitted === undefined) return undefined;
  const { program, buffer } = emitted;
  const offset = place(buffer.bytes.length);
  const write =
    offset === undefined
      ? undefined
      : buffer.writes?.findLast((one) => one.offset <= offset && offset < one.offset + one.size);
  return write === undefined
    ? { source: sourceOf(program, buffer.instruction), sourceIs: "sender" }
    : { source: sourceOf(program, write.slot), sourceIs: "writer" };
}

/** Where in a buffer of `size` bytes the difference is; a payload that is too short is `payload_len`'s fault. */
function offsetOf(
  { header }: ParserUnderTest,
  field: string,
  offset: number | undefined,
  size: number,
): number | undefined {
  const at = header.size + (offset ?? 0);
  if (field === "payload" && at < size) return at;
  return header.places.get(MEMBERS[field] ?? "payload_len")?.offset;
}
