import { explore } from "#api/explore/explore.ts";
import { openInBrowser } from "#api/explore/open.ts";
import { namedFile } from "#commands/named-files.ts";
import { tellEvents } from "#commands/tell-events.ts";
import { EXIT } from "#report/exit-code.ts";
import type { Io } from "#report/io.ts";
import { report, reportUsage } from "#report/report-failure.ts";
import type { ExploreWords } from "./options.ts";

export async function runExplore({ given }: ExploreWords, io: Io): Promise<number> {
  const { files, parser, reference, output, open } = given;
  if (open && output === "-") return reportUsage(io, "--open needs a file to open, not -o -");
  const { env, cwd, signal } = io;
  const told = tellEvents(io, ({ what, done, total }) => `${what}: ${done} of ${total}`);
  const context = { env, cwd, signal, emit: told.emit };
  const request = {
    files: files.map((name) => namedFile(name, cwd)),
    parsers: parser.map((name) => namedFile(name, cwd)),
    ...{ reference, output },
  };
  const written = await explore(request, context).finally(told.end);
  if (!written.ok) return report(io, written.failure);
  if (!open) return EXIT.ok;
  const opened = await openInBrowser(output, context);
  return opened.ok ? EXIT.ok : report(io, opened.failure);
}
