import { headerLayout } from "#abi/header-layout.ts";
import type { Revision } from "#abi/revisions.ts";
import type { RecordLimits } from "#reference/input.ts";
import type { LoadedParser } from "#vm/load-parser.ts";
import { MapType } from "#vm/maps/definition.ts";

/** What the ring puts before a record, in bytes; records are multiples of it. */
const RECORD_HEADER = 8;

/**
 * The largest parts that a parser's ring buffers have room for: the first ring is the kernel's, the second the
 * initrd's, the third the command line's, one record each. A parser may reserve less, so this is a guess from
 * outside. Undefined where it has fewer rings.
 */
export function ringLimits(parser: LoadedParser, revision: Revision): RecordLimits | undefined {
  const rings = (parser.programs[0]?.maps ?? []).filter(({ type }) => type === MapType.RINGBUF);
  // A ring is never filled to its last byte.
  const [kernel, initrd, cmdline] = rings.map(
    ({ maxEntries }) => maxEntries - 2 * RECORD_HEADER - headerLayout(revision).size,
  );
  if (kernel === undefined || initrd === undefined || cmdline === undefined) return undefined;
  return { kernel, initrd, cmdline };
}
