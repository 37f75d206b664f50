import { headerLayout } from "#abi/header-layout.ts";
import { ofEveryPart, type PerPart, perPart } from "#abi/parts.ts";
import type { Revision } from "#abi/revisions.ts";
import type { LoadedParser } from "#bpf-vm/load-parser.ts";
import { type MapDefinition, MapType } from "#bpf-vm/maps/definition.ts";
import type { LoadedProgram } from "#bpf-vm/program.ts";

/** What the ring puts before a record, in bytes; records are multiples of it. */
const RECORD_HEADER = 8;

/**
 * The largest parts that a parser's ring buffers have room for: the first ring is the kernel's, the second the
 * initrd's, the third the command line's, one record each; where the programs use one ring alone, as the series' own parsers do,
 * all parts go through it. A parser may reserve less, so this is a guess from outside. Undefined where it has fewer rings.
 */
export function ringLimits({ programs }: LoadedParser, revision: Revision): PerPart<number> | undefined {
  const rings = (programs[0]?.maps ?? []).filter(({ type }) => type === MapType.RINGBUF);
  const used = programs[0] === undefined ? [] : usedRings(programs[0]);
  const given = ofEveryPart(perPart((_, index) => (used.length === 1 ? used[0] : rings[index])));
  if (given === undefined) return undefined;
  // A ring is never filled to its last byte.
  return perPart(({ name }) => given[name].maxEntries - 2 * RECORD_HEADER - headerLayout(revision).size);
}

function usedRings({ maps, immediates }: LoadedProgram): readonly MapDefinition[] {
  const named = new Set<number>();
  for (const target of immediates.values()) if (target.kind === "map") named.add(target.map);
  return maps.filter(({ type }, place) => type === MapType.RINGBUF && named.has(place));
}
