import { resolve } from "node:path";
import type { Argv } from "yargs";
import { type CommandStream, commandTitle } from "#abi/command.ts";
import { decodeKbs, encodeKbs } from "#abi/kbs.ts";
import { REVISIONS } from "#abi/revisions.ts";
import { diffStreams, type StreamDifference } from "#abi/stream-diff.ts";
import { streamJson } from "#abi/stream-json.ts";
import { LARGEST_PARTS } from "#api/limits.ts";
import { hexdump } from "#bytes/hexdump.ts";
import { inFile } from "#core/failure.ts";
import { err, type Result } from "#core/result.ts";
import { deliver } from "#files/deliver.ts";
import { readInput } from "#files/input-file.ts";
import { EXIT } from "#report/exit-code.ts";
import { report } from "#report/report-failure.ts";
import type { Call } from "./call.ts";
import { outputPath } from "./output-word.ts";

/** Bytes of a payload that `show` prints. */
const SHOWN = 32;

/** `kexec-bpf stream show|diff`: command streams in files. */
export function streamCommand(parser: Argv, { io, finish }: Call): Argv {
  return parser.command("stream <action>", "show, compare or make command streams (.kbs)", (command) =>
    command
      .demandCommand(1, "show, diff or reference")
      .command(
        "show <file>",
        "print the commands of a stream",
        (show) =>
          show
            .positional("file", { type: "string", demandOption: true })
            .option("json", { type: "boolean", default: false }),
        async (options) => {
          const stream = await readStream(resolve(io.cwd, options.file));
          if (!stream.ok) return finish(report(io, stream.failure));
          io.stdout(
            options.json ? `${JSON.stringify(streamJson(stream.value))}\n` : streamText(stream.value),
          );
          finish(EXIT.ok);
        },
      )
      .command(
        "reference <image>",
        "write the stream that the reference parser expects for an image",
        (make) =>
          make
            .positional("image", { type: "string", demandOption: true })
            .option("output", { alias: "o", type: "string", requiresArg: true, demandOption: true })
            .option("abi", { choices: REVISIONS, default: "v7" as const, describe: "interface revision" }),
        async (options) => {
          const image = await readInput(resolve(io.cwd, options.image));
          if (!image.ok) return finish(report(io, image.failure));
          const { parseAny } = await import("#reference-parsers/runner.ts");
          const commands = parseAny({ image: image.value, revision: options.abi, limits: LARGEST_PARTS });
          if (!commands.ok)
            return finish(report(io, inFile(commands.failure, resolve(io.cwd, options.image))));
          const stream = { revision: options.abi, commands: commands.value };
          const written = await deliver(outputPath(io, options.output), encodeKbs(stream), io.signal);
          finish(written.ok ? EXIT.ok : report(io, written.failure));
        },
      )
      .command(
        "diff <a> <b>",
        "find the first difference; exit status 1 where there is one",
        (diff) =>
          diff
            .positional("a", { type: "string", demandOption: true })
            .positional("b", { type: "string", demandOption: true })
            .option("effect", {
              type: "boolean",
              default: false,
              describe: "compare what the kernel makes of them",
            })
            .option("json", { type: "boolean", default: false }),
        async (options) => {
          const a = await readStream(resolve(io.cwd, options.a));
          if (!a.ok) return finish(report(io, a.failure));
          const b = await readStream(resolve(io.cwd, options.b));
          if (!b.ok) return finish(report(io, b.failure));
          const difference = options.effect
            ? await (await import("#kexec-model/effects.ts")).diffEffects(a.value, b.value)
            : diffStreams(a.value, b.value);
          io.stdout(
            options.json
              ? `${JSON.stringify({ schema: 1, same: difference === undefined, difference: difference ?? null })}\n`
              : differenceText(difference),
          );
          finish(difference === undefined ? EXIT.ok : EXIT.failed);
        },
      ),
  );
}

async function readStream(file: string): Promise<Result<CommandStream>> {
  const bytes = await readInput(file);
  if (!bytes.ok) return bytes;
  const stream = decodeKbs(bytes.value);
  return stream.ok ? stream : err(inFile(stream.failure, file));
}

function streamText(stream: CommandStream): string {
  const commands = stream.commands.flatMap((command, index) => [
    `${index}  ${commandTitle(command)}  ${command.payload.length} bytes`,
    ...hexdump(command.payload, { offset: 0, length: SHOWN }).map((line) => `   ${line}`),
  ]);
  return `revision ${stream.revision}, ${stream.commands.length} commands\n${commands.map((line) => `${line}\n`).join("")}`;
}

function differenceText(difference: StreamDifference | undefined): string {
  if (difference === undefined) return "the streams are the same\n";
  const where = difference.index === undefined ? "" : `command ${difference.index}, `;
  const { bytes } = difference;
  const dumps =
    bytes === undefined
      ? []
      : [`first difference at byte ${bytes.offset}`, "a:", ...bytes.a, "b:", ...bytes.b];
  return `${[`${where}${difference.field}: ${difference.a} | ${difference.b}`, ...dumps].join("\n")}\n`;
}
