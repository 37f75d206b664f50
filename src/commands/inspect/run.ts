import { inspect } from "#api/inspect.ts";
import { EXIT } from "#report/exit-code.ts";
import type { Io } from "#report/io.ts";
import { report } from "#report/report-failure.ts";
import type { InspectWords } from "./options.ts";
import { inspectionText } from "./text.ts";

export async function runInspect({ given }: InspectWords, io: Io): Promise<number> {
  const found = await inspect(given);
  if (!found.ok) return report(io, found.failure);
  io.stdout(given.json ? `${JSON.stringify(found.value)}\n` : inspectionText(found.value));
  return EXIT.ok;
}
