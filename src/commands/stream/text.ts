import { type CommandStream, commandTitle } from "#abi/command.ts";
import type { StreamDifference } from "#abi/stream-diff.ts";
import { hexdump } from "#bytes/hexdump.ts";

/** Bytes of a payload that are printed. */
const SHOWN = 32;

export function streamText(stream: CommandStream): string {
  const commands = stream.commands.flatMap((command, index) => [
    `${index}  ${commandTitle(command)}  ${command.payload.length} bytes`,
    ...hexdump(command.payload, { offset: 0, length: SHOWN }).map((line) => `   ${line}`),
  ]);
  return `revision ${stream.revision}, ${stream.commands.length} commands\n${commands.map((line) => `${line}\n`).join("")}`;
}

export function differenceText(difference: StreamDifference | null): string {
  if (difference === null) return "the streams are the same\n";
  const where = difference.index === undefined ? "" : `command ${difference.index}, `;
  const { bytes } = difference;
  const dumps =
    bytes === undefined
      ? []
      : [`first difference at byte ${bytes.offset}`, "a:", ...bytes.a, "b:", ...bytes.b];
  return `${[`${where}${difference.field}: ${difference.a} | ${difference.b}`, ...dumps].join("\n")}\n`;
}
