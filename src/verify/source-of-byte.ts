import type { StreamDifference } from "#abi/stream-diff.ts";
import type { SourceLine } from "#isa/listing.ts";
import { sourceOf } from "#vm/program.ts";
import { type Emission, type EmissionOptions, emit } from "./emission.ts";
import type { Subject } from "./subject.ts";
import type { SourceRole } from "./verdict.ts";

/** Members of `cmd_hdr` that differences name. */
const MEMBERS: Readonly<Record<string, string>> = {
  command: "cmd",
  subcommand: "subcmd",
  pipeline: "pipeline_flag",
};

/** A line of the parser, and what it has to do with a difference. */
export type Blame = { readonly source: SourceLine | undefined; readonly sourceIs: SourceRole };

/**
 * The source line that stored the first byte that differs: the subject is run once more, with every store to its
 * records noted. Where the whole command is the difference, or nobody is known to have stored the byte, the line that
 * handed the buffer over. Where there is no such buffer, the last line that wrote to the trace log, for that is
 * where a parser says why it gives up.
 */
export function blame(
  subject: Subject,
  image: Uint8Array,
  options: EmissionOptions,
  difference: StreamDifference,
  emission: Emission,
): Blame {
  return (
    writerOf(subject, image, options, difference) ?? { source: lastWords(emission), sourceIs: "last words" }
  );
}

function lastWords({ runs }: Emission): SourceLine | undefined {
  const last = runs.findLast(({ outcome }) => outcome.lastPrintk !== undefined);
  return last?.outcome.lastPrintk === undefined ? undefined : sourceOf(last.program, last.outcome.lastPrintk);
}

function writerOf(
  subject: Subject,
  image: Uint8Array,
  options: EmissionOptions,
  { index, field, bytes, a }: StreamDifference,
): Blame | undefined {
  if (index === undefined) return undefined;
  const { coverage: _counted, ...again } = options;
  const emitted = emit(subject, image, { ...again, watchWrites: true }).emitted[index];
  if (emitted === undefined) return undefined;
  const { program, buffer } = emitted;
  const extra = field === "command" && a === "nothing";
  const offset = extra ? undefined : offsetOf(subject, field, bytes?.offset, buffer.bytes.length);
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
  { header }: Subject,
  field: string,
  offset: number | undefined,
  size: number,
): number | undefined {
  const at = header.size + (offset ?? 0);
  if (field === "payload" && at < size) return at;
  return header.places.get(MEMBERS[field] ?? "payload_len")?.offset;
}
