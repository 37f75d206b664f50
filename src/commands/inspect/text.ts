import { formatSize } from "#core/sizes.ts";
import type { EmittedStream, FilePart, Inspection } from "#inspect/types.ts";
import { table } from "#report/table.ts";

/** Cells of the map that stand for the whole file. */
const MAP_WIDTH = 64;

/** Hexadecimal digits of a hash that are shown beside a part. */
const SHORT = 16;

/** An inspection for people. */
export function inspectionText(inspection: Inspection): string {
  const { fields, parts, warnings, streams, size } = inspection;
  const blocks = [
    table([
      ["file", inspection.file],
      ["format", inspection.format],
      ["size", `${size} (${formatSize(size)})`],
      ...(inspection.sha256 === undefined ? [] : [["sha256", inspection.sha256]]),
      ...fields.map(({ name, value }) => [name, String(value).replaceAll("\n", " ")]),
    ]),
    parts.length === 0
      ? ""
      : table([
          ["part", "offset", "size", "map", "sha256"],
          ...parts.map((part) => [
            part.name,
            `0x${part.offset.toString(16)}`,
            String(part.size),
            bar(part, size),
            part.sha256?.slice(0, SHORT) ?? "",
          ]),
        ]),
    warnings.map((warning) => `warning: ${warning}`).join("\n"),
    table(streams.flatMap(streamRows)),
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

/** Where in the file a part lies, to scale; the smallest part still shows. */
function bar(part: FilePart, size: number): string {
  const scale = MAP_WIDTH / Math.max(1, size);
  const start = Math.min(MAP_WIDTH - 1, Math.floor(part.offset * scale));
  const length = Math.max(1, Math.min(MAP_WIDTH - start, Math.round(part.size * scale)));
  return `${".".repeat(start)}${"#".repeat(length)}${".".repeat(MAP_WIDTH - start - length)}`;
}

function streamRows({ parser, revision, commands, refused }: EmittedStream): readonly (readonly string[])[] {
  const name = `${parser} ${revision}`;
  if (commands === undefined) return [[name, "nothing", refused ?? ""]];
  return commands.map(({ command, payload, ended }, index) => [
    index === 0 ? name : "",
    command,
    payload === null
      ? ""
      : `${payload.size} bytes from 0x${payload.offset.toString(16)} ${payload.sha256?.slice(0, SHORT) ?? ""}${ended ? " and a NUL" : ""}`,
  ]);
}
