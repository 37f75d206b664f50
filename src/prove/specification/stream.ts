import type { HeaderLayout } from "#abi/header-layout.ts";
import { PARTS, type PerPart } from "#abi/parts.ts";
import { revisionProfile } from "#abi/revisions.ts";
import { bits64, byteOf, choice, extractBits, minus, plus } from "#prove/terms/bits.ts";
import { IMAGE } from "#prove/terms/names.ts";
import { type Bits, constant, TRUE, type Truth } from "#prove/terms/term.ts";
import { all, any, compare, equals, implies, not } from "#prove/terms/truth.ts";
import type { SpecifiedOutcome, SpecifiedPart } from "./specification.ts";

/** A command as the kernel gets it. */
export type SpecifiedCommand = {
  readonly name: string;
  /** Whether it is in the stream. */
  readonly sent: Truth;
  /** Byte by byte. */
  readonly header: readonly Bits[];
  /** Bytes after the header. */
  readonly length: Bits;
  /** @param at from the payload's first byte, below `length` */
  readonly payload: (at: Bits) => Bits;
};

export type SpecifiedStream = {
  /** Whether anything is sent at all. */
  readonly accepted: Truth;
  /** In order. */
  readonly commands: readonly SpecifiedCommand[];
};

/** The stream of an image's parts, where each has room in its record: rules 1, 2 and 5. */
export function streamTerms(
  outcome: SpecifiedOutcome,
  layout: HeaderLayout,
  limits: PerPart<number>,
): SpecifiedStream {
  const { commands } = revisionProfile(layout.revision);
  const parts = PARTS.map(({ name, number, text }) => {
    const part = outcome.parts[name];
    return partCommand(part, layout, { name, subcommand: number, text });
  });
  const fits = PARTS.map(({ name }, index) => {
    const part = parts[index];
    return part === undefined ? TRUE : implies(part.sent, compare("ule", part.length, bits64(limits[name])));
  });
  const done: SpecifiedCommand = {
    name: "DONE",
    sent: TRUE,
    header: headerBytes(layout, new Map([["cmd", bits64(commands.DONE ?? 0)]])),
    length: bits64(0),
    payload: () => constant(8, 0n),
  };
  const ends = commands.DONE === undefined ? [] : [done];
  return { accepted: all(outcome.accepted, ...fits), commands: [...parts, ...ends] };
}

type Named = { readonly name: string; readonly subcommand: number; readonly text: boolean };

function partCommand(
  part: SpecifiedPart,
  layout: HeaderLayout,
  { name, subcommand, text }: Named,
): SpecifiedCommand {
  const { commands, pipeline } = revisionProfile(layout.revision);
  const empty = equals(part.size, bits64(0));
  const last = byteOf(IMAGE, minus(plus(part.offset, part.size), bits64(1)));
  const ended = all(not(empty), equals(last, constant(8, 0n)));
  const length = text ? choice(ended, part.size, plus(part.size, bits64(1))) : part.size;
  const fields = new Map([
    ["cmd", bits64(commands[part.command] ?? 0)],
    ["subcmd", bits64(subcommand)],
    ["pipeline_flag", bits64(part.fill ? (pipeline.FILL ?? 0) : 0)],
    ["payload_len", length],
  ]);
  const payload = (at: Bits) =>
    choice(compare("ult", at, part.size), byteOf(IMAGE, plus(part.offset, at)), constant(8, 0n));
  const sent = text ? part.present : all(part.present, not(empty));
  return { name, sent, header: headerBytes(layout, fields), length, payload };
}

/** A member that is not named is 0. */
function headerBytes({ size, places }: HeaderLayout, fields: ReadonlyMap<string, Bits>): readonly Bits[] {
  const bytes: Bits[] = Array.from({ length: size }, () => constant(8, 0n));
  for (const [name, { offset, size: width }] of places) {
    const value = fields.get(name) ?? bits64(0);
    for (let i = 0; i < width; i++) bytes[offset + i] = extractBits(value, 8 * i, 8);
  }
  return bytes;
}

/** What a parser has handed over, as terms. */
export type HandedOver = { readonly size: Bits; readonly byte: (at: Bits) => Bits };

/**
 * What makes handed-over buffers the stream, or its beginning where the last one was refused.
 *
 * @param at any place in a payload
 */
export function matches(
  stream: SpecifiedStream,
  handed: readonly HandedOver[],
  cutShort: boolean,
  at: Bits,
): Truth {
  const { commands } = stream;
  const places = handed.map((buffer, index) =>
    any(
      ...commands.map((one, place) =>
        all(one.sent, sentBefore(commands.slice(0, place), index), isCommand(buffer, one, at)),
      ),
    ),
  );
  const enough = cutShort ? TRUE : sentBefore(commands, handed.length);
  return all(stream.accepted, ...places, enough);
}

/** Whether just `count` of the commands are in the stream. */
function sentBefore(commands: readonly SpecifiedCommand[], count: number): Truth {
  const subsets: Truth[] = [];
  for (let chosen = 0; chosen < 1 << commands.length; chosen++) {
    const picks = commands.map((_, place) => ((chosen >> place) & 1) === 1);
    if (picks.filter(Boolean).length !== count) continue;
    subsets.push(all(...commands.map(({ sent }, place) => (picks[place] ? sent : not(sent)))));
  }
  return any(...subsets);
}

function isCommand(buffer: HandedOver, one: SpecifiedCommand, at: Bits): Truth {
  const start = bits64(one.header.length);
  return all(
    equals(buffer.size, plus(start, one.length)),
    ...one.header.map((byte, place) => equals(buffer.byte(bits64(place)), byte)),
    implies(compare("ult", at, one.length), equals(buffer.byte(plus(start, at)), one.payload(at))),
  );
}
