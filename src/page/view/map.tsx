import { useState } from "preact/hooks";
import type { FilePart } from "#inspect/types.ts";
import { shown } from "#page/model/fields.ts";

type Range = { readonly offset: number; readonly size: number };

type Props = {
  readonly size: number;
  readonly parts: readonly FilePart[];
  /** Bytes that a run has read. */
  readonly read?: readonly Range[];
  readonly at: number;
  readonly go: (at: number) => void;
};

const WIDTH = 1000;
const ROW = 26;
/** Parts and reads that are drawn; what is more is told of in words. */
const MOST = 400;
const CHARACTER = 7;

/** The image to scale. It zooms, from the whole file down to 16 bytes. */
export function ImageMap({ size, parts, read = [], at, go }: Props) {
  const [window, setWindow] = useState<Range>({ offset: 0, size });
  const span = window.size > 0 && window.offset + window.size <= size ? window : { offset: 0, size };
  const scale = WIDTH / Math.max(1, span.size);
  const x = (offset: number) => (offset - span.offset) * scale;
  const zoom = (factor: number) =>
    setWindow(around(at, Math.min(size, Math.max(16, span.size * factor)), size));
  const rows = lanes(parts.filter((part) => overlaps(part, span)).slice(0, MOST));
  const height = Math.max(1, rows.length) * ROW + 10;
  return (
    <section class="map" aria-label="map of the image">
      <div class="row transport">
        <button type="button" onClick={() => zoom(0.25)} aria-label="zoom in">
          +
        </button>
        <button type="button" onClick={() => zoom(4)} aria-label="zoom out">
          −
        </button>
        <button type="button" onClick={() => setWindow({ offset: 0, size })}>
          whole image
        </button>
        <span class="mono dim">
          {hex(span.offset)} – {hex(span.offset + span.size)}, {span.size} bytes
          {parts.length > MOST ? `; the first ${MOST} of ${parts.length} parts are drawn` : ""}
        </span>
      </div>
      <svg
        viewBox={`0 0 ${WIDTH} ${height}`}
        role="img"
        aria-label={`${parts.length} parts; byte ${hex(at)} is chosen`}
      >
        <rect class="whole" x="0" y="0" width={WIDTH} height={height} />
        {rows.map((row, lane) =>
          row.map((part) => {
            const [left, right] = [Math.max(0, x(part.offset)), Math.min(WIDTH, x(part.offset + part.size))];
            const room = Math.floor((right - left - 8) / CHARACTER);
            const name = shown(part.name);
            return (
              // biome-ignore lint/a11y/noStaticElementInteractions: the tree has the same parts for keys
              <g key={`${part.offset} ${part.name}`} onClick={() => go(part.offset)}>
                <title>{`${name}: ${part.size} bytes at ${hex(part.offset)}`}</title>
                <rect
                  class="part"
                  x={left}
                  y={lane * ROW + 3}
                  width={Math.max(2, right - left)}
                  height={ROW - 5}
                />
                {room >= name.length ? (
                  <text x={left + 4} y={lane * ROW + 19}>
                    {name}
                  </text>
                ) : null}
              </g>
            );
          }),
        )}
        {read
          .filter((one) => overlaps(one, span))
          .slice(-MOST)
          .map((one, i) => (
            <rect
              key={i}
              class="read"
              x={Math.max(0, x(one.offset))}
              y={height - 7}
              width={Math.max(2, Math.min(WIDTH, x(one.offset + one.size)) - Math.max(0, x(one.offset)))}
              height="6"
            />
          ))}
        <rect class="cursor" x={Math.min(WIDTH - 2, Math.max(0, x(at)))} y="0" width="2" height={height} />
      </svg>
    </section>
  );
}

export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

function overlaps(part: Range, span: Range): boolean {
  return part.offset < span.offset + span.size && span.offset < part.offset + part.size;
}

function around(at: number, span: number, size: number): Range {
  const width = Math.floor(span);
  return { offset: Math.max(0, Math.min(size - width, Math.floor(at - width / 2))), size: width };
}

/** Parts that overlap are drawn below each other, on at most four lanes. */
function lanes(parts: readonly FilePart[]): readonly (readonly FilePart[])[] {
  const rows: FilePart[][] = [];
  for (const part of parts) {
    const free = rows.find((row) => {
      const last = row.at(-1);
      return last === undefined || last.offset + last.size <= part.offset;
    });
    if (free !== undefined) free.push(part);
    else if (rows.length < 4) rows.push([part]);
  }
  return rows;
}
