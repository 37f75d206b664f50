import { useState } from "preact/hooks";
import type { FilePart } from "#inspect/types.ts";
import { hueOf, mapShapes } from "#page/model/map.ts";
import { grouped, hex } from "#page/model/size.ts";

type Props = {
  readonly parts: readonly FilePart[];
  readonly size: number;
  readonly at: number | undefined;
  /** Bytes that a run has read. */
  readonly lit: readonly { readonly offset: number; readonly size: number }[];
  readonly onAt: (at: number) => void;
};

const WIDTH = 1000;
const LANE = 22;
const LEAST = 16;

/** The file to scale, from all of it to some bytes. */
export function ImageMap({ parts, size, at, lit, onAt }: Props) {
  const [[from, to], setWindow] = useState<readonly [number, number]>([0, Math.max(1, size)]);
  const shapes = mapShapes(parts, from, to, WIDTH);
  const lanes = Math.max(1, ...shapes.map(({ lane }) => lane + 1));
  const zoom = (factor: number, middle = at ?? (from + to) / 2) => {
    const length = Math.min(size, Math.max(LEAST, Math.round((to - from) * factor)));
    const start = Math.max(0, Math.min(size - length, Math.round(middle - length / 2)));
    setWindow([start, start + length]);
  };
  const scale = WIDTH / (to - from);
  const x = (offset: number) => Math.max(0, Math.min(WIDTH, (offset - from) * scale));
  const pick = (event: MouseEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    onAt(Math.min(size - 1, Math.floor(from + ((event.clientX - box.left) / box.width) * (to - from))));
  };
  const height = lanes * LANE + 14;
  return (
    <section class="map" aria-label="Map of the file">
      <div class="map-tools">
        <button type="button" onClick={() => zoom(0.25)}>
          Zoom in
        </button>
        <button type="button" onClick={() => zoom(4)} disabled={to - from >= size}>
          Zoom out
        </button>
        <button type="button" onClick={() => setWindow([0, Math.max(1, size)])} disabled={to - from >= size}>
          All
        </button>
        <span class="mono">
          {hex(from)} – {hex(to)}, {grouped(to - from)} bytes
        </span>
      </div>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the tree and the bytes do the same by keyboard */}
      <svg
        viewBox={`0 0 ${WIDTH} ${height}`}
        preserveAspectRatio="none"
        style={{ height: `${height}px` }}
        role="img"
        aria-label="Parts to scale"
        onClick={pick}
      >
        <rect class="ground" x="0" y="0" width={WIDTH} height={lanes * LANE} />
        {shapes.map(({ x: left, width, lane, part }) => (
          <rect
            key={`${part.name}:${part.offset}:${lane}`}
            class={`part hue-${hueOf(part.name)}`}
            x={left}
            y={lane * LANE + 1}
            width={width}
            height={LANE - 2}
          />
        ))}
        {lit.slice(-400).map(({ offset, size: length }, i) => (
          <rect
            key={i}
            class="lit"
            x={x(offset)}
            y={lanes * LANE + 2}
            width={Math.max(1.5, x(offset + length) - x(offset))}
            height="10"
          />
        ))}
        {at !== undefined && <rect class="cursor" x={x(at) - 0.75} y="0" width="1.5" height={height} />}
      </svg>
      <div class="map-labels" aria-hidden="true" style={{ height: `${lanes * LANE}px` }}>
        {shapes
          .filter(({ width }) => width > 40)
          .map(({ x: left, width, lane, part }) => (
            <span
              key={`${part.name}:${part.offset}`}
              style={{ left: `${left / 10}%`, width: `${width / 10}%`, top: `${lane * LANE + 3}px` }}
            >
              {part.name}
            </span>
          ))}
      </div>
    </section>
  );
}
