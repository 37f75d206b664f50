import { type BuildReport, build } from "#api/build.ts";
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
  const print = (line: string): void => io.stderr(`${line}\n`);
  const emit = eventPrinter({ name: "kexec-bpf", commands: given.verbose, steps: print, talk: print });
  const show = (done: BuildReport): string => (given.json ? `${JSON.stringify(done)}\n` : buildText(done));
  const nothingToDo = (done: BuildReport): string => show({ ...done, ran: 0, milliseconds: 0 });
  const built = await build(request.value, contextOf(io, emit), {
    key: requestKey(["build", ...words], io.env, io.cwd),
    summary: nothingToDo,
  });
  if (!built.ok) return report(io, built.failure);
  io.stdout((built.value.ran === 0 ? nothingToDo : show)(built.value));
  return EXIT.ok;
}
