import type { Injection } from "#bpf-vm/injection.ts";
import type { GoodFile } from "#verify/mutations/good-file.ts";
import { type ChangedRange, changedRanges, originalAt } from "./changes.ts";
import { leaveRowsOut } from "./fewer-rows.ts";
import { simpler } from "./injections.ts";

/** What shows a defect. */
export type Shown = { readonly image: Uint8Array; readonly injection: Injection | undefined };

/** Runs that the search may take; a defect is no clearer for a thousandth more. */
const MOST_RUNS = 2000;
const A_FIELD_OR_TWO = 2;

/**
 * A simpler input that still shows the defect: without the injection or with one fault of it, with as few sections and
 * as much as possible as it is in `file`, the good one that it comes from, and cut short.
 *
 * @param shows whether an input shows the same defect; called up to 2000 times
 */
export function minimise(found: Shown, file: GoodFile, shows: (candidate: Shown) => boolean): Shown {
  const origin = file.image;
  let runs = 0;
  let best = found;
  const better = (image: Uint8Array, injection = best.injection): boolean => {
    if (runs >= MOST_RUNS) return false;
    runs += 1;
    const candidate = { image, injection };
    if (!shows(candidate)) return false;
    best = candidate;
    return true;
  };
  for (const injection of simpler(found.injection)) {
    runs += 1;
    const candidate = { image: found.image, injection };
    if (!shows(candidate)) continue;
    best = candidate;
    break;
  }
  if (best.image.length < origin.length) better(withEnd(best.image, origin));
  restore(() => best.image, origin, better);
  // A table of its own can only be told by what it has, not by single bytes.
  if (changedRanges(best.image, origin).length > A_FIELD_OR_TWO) {
    leaveRowsOut(best.image, file, better);
    restore(() => best.image, origin, better);
  }
  shorten(() => best.image, better);
  return best;
}

/** The image with the end that was cut off. */
function withEnd(image: Uint8Array, origin: Uint8Array): Uint8Array {
  const whole = origin.slice();
  whole.set(image);
  return whole;
}

/** Undoes changes: all, halves, quarters, down to single bytes, for as long as any of it succeeds. */
function restore(image: () => Uint8Array, origin: Uint8Array, better: (image: Uint8Array) => boolean): void {
  let ranges = changedRanges(image(), origin);
  for (let parts = 1; ranges.length > 0; ) {
    const size = Math.ceil(ranges.length / parts);
    let undone = false;
    for (let from = 0; from < ranges.length; from += size) {
      if (better(undo(image(), ranges.slice(from, from + size), origin))) undone = true;
    }
    if (undone) ranges = changedRanges(image(), origin);
    else if (size > 1) parts *= 2;
    else if (ranges.some(({ start, end }) => end - start > 1)) ranges = ranges.flatMap(halves);
    else return;
    if (undone) parts = Math.min(parts, ranges.length);
  }
}

function halves({ start, end }: ChangedRange): readonly ChangedRange[] {
  if (end - start < 2) return [{ start, end }];
  const middle = (start + end) >>> 1;
  return [
    { start, end: middle },
    { start: middle, end },
  ];
}

function undo(image: Uint8Array, ranges: readonly ChangedRange[], origin: Uint8Array): Uint8Array {
  const copy = image.slice();
  for (const { start, end } of ranges) {
    for (let at = start; at < end; at++) copy[at] = originalAt(origin, at);
  }
  return copy;
}

/** Cuts the end off, by halves of what is left down to a byte. */
function shorten(image: () => Uint8Array, better: (image: Uint8Array) => boolean): void {
  for (let cut = image().length >>> 1; cut > 0; ) {
    const { length } = image();
    if (cut > length || !better(image().slice(0, length - cut))) cut >>>= 1;
  }
}
