import { bits64, choice } from "#prove/terms/bits.ts";
import { FALSE, type Truth } from "#prove/terms/term.ts";
import { all, any, compare, either, not } from "#prove/terms/truth.ts";
import { envelope } from "./envelope.ts";
import { says, size } from "./image.ts";
import type { Specification, SpecifiedOutcome, SpecifiedPart } from "./specification.ts";
import { payload } from "./zboot-payload.ts";

export const ABSENT: SpecifiedPart = {
  command: "COPY",
  fill: false,
  offset: bits64(0),
  size: bits64(0),
  present: FALSE,
};

/** A zboot file and nothing around it. */
export function zbootFile(): Specification {
  const { good, offset, size: bytes } = payload(bits64(0), size());
  return {
    outcome: () => ({
      accepted: good,
      parts: {
        kernel: { command: "DECOMPRESS", fill: false, offset, size: bytes, present: good },
        initrd: ABSENT,
        cmdline: ABSENT,
      },
    }),
  };
}

/** v7: an image that begins as an ELF file is an envelope, any other a zboot file. */
export function zbootOrEnvelope(): Specification {
  const isElf = all(compare("ule", bits64(4), size()), says(bits64(0), "\x7fELF"));
  const file = zbootFile();
  const { search, outcome } = envelope();
  return {
    ...(search && { search: { ...search, begins: all(isElf, search.begins) } }),
    outcome: (found) => chosen(isElf, outcome(found), file.outcome(found)),
  };
}

function chosen(when: Truth, a: SpecifiedOutcome, b: SpecifiedOutcome): SpecifiedOutcome {
  const part = (one: SpecifiedPart, other: SpecifiedPart): SpecifiedPart => ({
    command: one.command,
    fill: one.fill,
    offset: choice(when, one.offset, other.offset),
    size: choice(when, one.size, other.size),
    present: any(all(when, one.present), all(not(when), other.present)),
  });
  return {
    accepted: either(when, a.accepted, b.accepted),
    parts: {
      kernel: part(a.parts.kernel, b.parts.kernel),
      initrd: part(a.parts.initrd, b.parts.initrd),
      cmdline: part(a.parts.cmdline, b.parts.cmdline),
    },
  };
}
