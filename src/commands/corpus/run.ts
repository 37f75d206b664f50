import { corpus } from "#api/corpus.ts";
import { namedFile } from "#commands/named-files.ts";
import { wordOf } from "#commands/word-of.ts";
import { EXIT } from "#report/exit-code.ts";
import type { Io } from "#report/io.ts";
import { report } from "#report/report-failure.ts";
import type { CorpusWords } from "./options.ts";
import { corpusText } from "./text.ts";

export async function runCorpus(words: CorpusWords, io: Io): Promise<number> {
  const { output: folder, format, from, abi, json } = words.given;
  const request = { folder, format, from: from === undefined ? from : namedFile(from, io.cwd), abi };
  const written = await corpus(request, io);
  if (!written.ok) return report(io, written.failure);
  const said = wordOf(words, "output") ?? folder;
  io.stdout(json ? `${JSON.stringify(written.value)}\n` : corpusText(said, abi, written.value));
  return EXIT.ok;
}
