import { streamJson } from "#abi/stream-json.ts";
import { diffStreamFiles, readStream, writeStream } from "#api/stream.ts";
import { namedFile } from "#commands/named-files.ts";
import { EXIT } from "#report/exit-code.ts";
import type { Io } from "#report/io.ts";
import { report } from "#report/report-failure.ts";
import type { StreamDiffWords, StreamRecordWords, StreamReferenceWords, StreamShowWords } from "./options.ts";
import { differenceText, streamText } from "./text.ts";

export async function runStreamShow({ given }: StreamShowWords, io: Io): Promise<number> {
  const stream = await readStream(given.file);
  if (!stream.ok) return report(io, stream.failure);
  io.stdout(given.json ? `${JSON.stringify(streamJson(stream.value))}\n` : streamText(stream.value));
  return EXIT.ok;
}

export async function runStreamReference({ given }: StreamReferenceWords, io: Io): Promise<number> {
  const written = await writeStream({ ...given, parser: undefined }, io);
  return written.ok ? EXIT.ok : report(io, written.failure);
}

export async function runStreamRecord({ given }: StreamRecordWords, io: Io): Promise<number> {
  const recorded = await writeStream({ ...given, parser: namedFile(given.parser, io.cwd) }, io);
  return recorded.ok ? EXIT.ok : report(io, recorded.failure);
}

export async function runStreamDiff({ given }: StreamDiffWords, io: Io): Promise<number> {
  const compared = await diffStreamFiles(given);
  if (!compared.ok) return report(io, compared.failure);
  const { same, difference } = compared.value;
  io.stdout(given.json ? `${JSON.stringify(compared.value)}\n` : differenceText(difference));
  return same ? EXIT.ok : EXIT.failed;
}
