import { inspect } from "#api/inspect.ts";
import { besideOutput } from "#commands/beside-output.ts";
import { ok } from "#core/result.ts";
import { deliver } from "#files/deliver.ts";
import { EXIT } from "#report/exit-code.ts";
import type { Io } from "#report/io.ts";
import { report } from "#report/report-failure.ts";
import type { InspectWords } from "./options.ts";
import { inspectionText } from "./text.ts";

export async function runInspect({ given }: InspectWords, io: Io): Promise<number> {
  const { svg, json } = given;
  const beside = svg === undefined ? ok(io) : besideOutput(io, svg, json);
  if (!beside.ok) return report(io, beside.failure);
  const found = await inspect(given);
  if (!found.ok) return report(io, found.failure);
  if (svg !== undefined) {
    const { mapSvg } = await import("./svg.ts");
    const written = await deliver(svg, mapSvg(found.value), io.signal);
    if (!written.ok) return report(io, written.failure);
  }
  beside.value.stdout(json ? `${JSON.stringify(found.value)}\n` : inspectionText(found.value));
  return EXIT.ok;
}
