import { basename } from "node:path";
import { formatSize } from "#core/sizes.ts";
import type { FilePart, Inspection } from "#inspect/types.ts";
import { hueOf, mapShapes } from "#page/model/map.ts";
import { xmlText } from "#report/junit-text.ts";
import { oneLine, visible } from "#report/visible.ts";

const WIDTH = 800;
const LANE = 26;
const LINE = 18;
/** Where the bar, and the list below it, begin and end. */
const LEFT = 10;
const INNER = WIDTH - 2 * LEFT;
/** About what a character of the labels is wide. */
const CHARACTER = 7;
const LISTED = 24;

const STYLE = [
  "text{font:12px ui-monospace,monospace;fill:#1b1b1b}.title{font-weight:bold}.ground{fill:#e6e6e6}.part{stroke:#fff}",
  ".h0{fill:#9ecae1}.h1{fill:#fdd0a2}.h2{fill:#a1d99b}.h3{fill:#dadaeb}.h4{fill:#fcbba1}.h5{fill:#d9d9d9}",
  "@media(prefers-color-scheme:dark){text{fill:#eee}.label{fill:#1b1b1b}.ground{fill:#444}.part{stroke:#222}}",
].join("");

/** The map of a file as a picture for documents: its parts to scale, and a list of them. It needs nothing from elsewhere. */
export function mapSvg(inspection: Inspection): string {
  const { file, format, size, parts } = inspection;
  const shapes = mapShapes(parts, 0, size, INNER);
  const lanes = Math.max(1, ...shapes.map(({ lane }) => lane + 1));
  const top = 2 * LINE;
  const list = top + lanes * LANE + LINE;
  const listed = parts.slice(0, LISTED);
  const more = parts.length - listed.length;
  const lines = listed.length + (more > 0 ? 1 : 0);
  const height = list + lines * LINE;
  const title = `${basename(file)}: ${format}, ${size} bytes (${formatSize(size)})`;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${told(title)}</title>`,
    `<style>${STYLE}</style>`,
    `<text class="title" x="${LEFT}" y="${LINE}">${told(title)}</text>`,
    `<rect class="ground" x="${LEFT}" y="${top}" width="${INNER}" height="${lanes * LANE}"/>`,
    ...shapes.flatMap(({ x, width, lane, part }) => {
      const y = top + lane * LANE;
      const fits = part.name.length * CHARACTER + 8 < width;
      return [
        `<rect class="part h${hueOf(part.name)}" x="${place(LEFT + x)}" y="${y}" width="${place(width)}" height="${LANE}"/>`,
        ...(fits
          ? [`<text class="label" x="${place(LEFT + x + 4)}" y="${y + LINE}">${told(part.name)}</text>`]
          : []),
      ];
    }),
    ...listed.flatMap((part, i) => listLines(part, list + i * LINE)),
    ...(more > 0
      ? [`<text x="${LEFT}" y="${list + listed.length * LINE}">and ${more} more parts</text>`]
      : []),
    "</svg>",
  ].join("\n")}\n`;
}

function listLines({ name, offset, size }: FilePart, y: number): readonly string[] {
  const text = `${name.padEnd(24)} 0x${offset.toString(16).padStart(8, "0")} ${String(size).padStart(12)} bytes`;
  return [
    `<rect class="h${hueOf(name)}" x="${LEFT}" y="${y - 11}" width="12" height="12"/>`,
    `<text xml:space="preserve" x="${LEFT + 18}" y="${y}">${told(text)}</text>`,
  ];
}

function told(text: string): string {
  return xmlText(visible(oneLine(text)));
}

function place(value: number): string {
  return String(Math.round(100 * value) / 100);
}
