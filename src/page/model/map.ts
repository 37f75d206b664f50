import type { FilePart } from "#inspect/types.ts";

/** A part, or several that are too small to be told apart, on a map. Lengths in the map's units. */
export type MapShape = {
  readonly x: number;
  readonly width: number;
  readonly lane: number;
  readonly part: FilePart;
  /** How many parts it stands for. */
  readonly count: number;
};

const MOST_LANES = 6;

/**
 * Parts to scale, from `from` to `to`, side by side or, where they overlap, in lanes below each other. Small ones that share a
 * unit are one shape, so that there are never more shapes than units and lanes.
 */
export function mapShapes(
  parts: readonly FilePart[],
  from: number,
  to: number,
  width: number,
): readonly MapShape[] {
  const scale = width / Math.max(1, to - from);
  const lanes: number[] = [];
  const shapes: { -readonly [K in keyof MapShape]: MapShape[K] }[] = [];
  const last: ((typeof shapes)[number] | undefined)[] = [];
  const sorted = parts
    .filter(({ offset, size }) => size > 0 && offset < to && offset + size > from)
    .sort((a, b) => a.offset - b.offset || b.size - a.size);
  for (const part of sorted) {
    const x = Math.max(0, (part.offset - from) * scale);
    const end = Math.min(width, Math.max(x + 1, (part.offset + part.size - from) * scale));
    const before = last[0];
    if (end - x < 1.5 && before !== undefined && before.width < 1.5 && x - before.x < 1) {
      before.count += 1;
      continue;
    }
    const free = lanes.findIndex((taken) => taken <= x + 0.01);
    const lane = free >= 0 ? free : Math.min(lanes.length, MOST_LANES - 1);
    lanes[lane] = end;
    const shape = { x, width: end - x, lane, part, count: 1 };
    shapes.push(shape);
    last[0] = shape;
  }
  return shapes;
}

/** Which of six colours a part has: the same for the same name everywhere. */
export function hueOf(name: string): number {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return sum % 6;
}
