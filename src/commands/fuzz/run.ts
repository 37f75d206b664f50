import { fuzzPage } from "#api/explore/fuzz-page.ts";
import { corpusOf, fuzz } from "#api/fuzz.ts";
import { besideOutput } from "#commands/beside-output.ts";
import { namedFile } from "#commands/named-files.ts";
import { writeResultPage } from "#commands/result-page.ts";
import { wordOf } from "#commands/word-of.ts";
import { ok } from "#core/result.ts";
import { parseShard } from "#fleet/shard.ts";
import { EXIT } from "#report/exit-code.ts";
import { failureText } from "#report/failure-text.ts";
import type { Io } from "#report/io.ts";
import { report, reportUsage } from "#report/report-failure.ts";
import type { FuzzWords } from "./options.ts";
import { tellCampaign } from "./progress.ts";
import { summaryJson, summaryText } from "./text.ts";

/** Findings are exit status 1. */
export async function runFuzz(words: FuzzWords, io: Io): Promise<number> {
  const { parser, image, corpus, seed, runs, time, workers, reference, abi, arch, ...rest } = words.given;
  const shard = rest.shard === undefined ? ok(undefined) : parseShard(rest.shard, io.env);
  if (!shard.ok) return reportUsage(io, failureText(shard.failure));
  const beside = rest.html === undefined ? ok(io) : besideOutput(io, rest.html, rest.json);
  if (!beside.ok) return report(io, beside.failure);
  const told = tellCampaign(io);
  const fuzzed = await fuzz(
    {
      ...{ corpus, seed, runs, time, workers, reference, abi, arch },
      parser: namedFile(parser, io.cwd),
      shard: shard.value,
      images: image.map((name) => namedFile(name, io.cwd)),
      limits: { kernel: rest.maxKernel, initrd: rest.maxInitrd, cmdline: rest.maxCmdline },
    },
    { cwd: io.cwd, signal: io.signal, emit: told.emit },
  ).finally(told.end);
  if (!fuzzed.ok) return report(io, fuzzed.failure);
  const folder = wordOf(words, "corpus") ?? corpusOf(parser, shard.value);
  const context = { cwd: io.cwd, emit: told.emit };
  const status = await writeResultPage(
    rest.html,
    () => fuzzPage({ parser: namedFile(parser, io.cwd), reference }, fuzzed.value, context),
    io,
  );
  beside.value.stdout(
    rest.json
      ? `${JSON.stringify(summaryJson(parser, workers, fuzzed.value))}\n`
      : summaryText(parser, folder, fuzzed.value),
  );
  return status ?? (fuzzed.value.saved.length === 0 ? EXIT.ok : EXIT.failed);
}
