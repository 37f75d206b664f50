import { type BuildReport, build } from "#api/build.ts";
import { ChromeTrace } from "#api/common/trace.ts";
import { withCache } from "#api/common/with-cache.ts";
import { cacheChoice } from "#commands/cache-options.ts";
import { contextOf } from "#commands/context.ts";
import { requestKey } from "#commands/request-key.ts";
import { eventPrinter } from "#report/events.ts";
import { EXIT } from "#report/exit-code.ts";
import { failureText } from "#report/failure-text.ts";
import type { Io } from "#report/io.ts";
import { report, reportUsage } from "#report/report-failure.ts";
import type { BuildWords } from "./options.ts";
import { buildRequest } from "./request.ts";
import { buildText } from "./text.ts";

export async function runBuild({ given, words }: BuildWords, io: Io): Promise<number> {
  const request = buildRequest(given, io);
  if (!request.ok) return reportUsage(io, failureText(request.failure));
  const cache = cacheChoice(given, io.cwd);
  if (!cache.ok) return reportUsage(io, failureText(cache.failure));
  const print = (line: string): void => io.stderr(`${line}\n`);
  const trace = new ChromeTrace();
  const emit = trace.listening(
    eventPrinter({ name: "kexec-bpf", commands: given.verbose, steps: print, talk: print }),
  );
  const show = (done: BuildReport): string => (given.json ? `${JSON.stringify(done)}\n` : buildText(done));
  const nothingToDo = (done: BuildReport): string => show({ ...done, ran: 0, milliseconds: 0 });
  const context = contextOf(io, emit);
  // Where a trace is asked for, it is not enough that there is nothing to do.
  const remembering =
    given.trace === undefined
      ? { key: requestKey(["build", ...words], io.env, io.cwd), summary: nothingToDo }
      : undefined;
  const { value: built, cache: cached } = await withCache(cache.value, context, (work) =>
    build(request.value, context, remembering, { work }),
  );
  if (given.trace !== undefined) {
    const written = await trace.write(given.trace, io);
    if (!written.ok) return report(io, written.failure);
  }
  if (!built.ok) return report(io, built.failure);
  const done = { ...built.value, ...(cached && { cache: cached }) };
  io.stdout((done.ran === 0 ? nothingToDo : show)(done));
  return EXIT.ok;
}
