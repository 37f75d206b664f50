import { extract } from "#api/extract.ts";
import { besideOutput } from "#commands/beside-output.ts";
import { EXIT } from "#report/exit-code.ts";
import type { Io } from "#report/io.ts";
import { report } from "#report/report-failure.ts";
import type { ExtractWords } from "./options.ts";
import { extractText } from "./text.ts";

export async function runExtract({ given }: ExtractWords, io: Io): Promise<number> {
  const beside = besideOutput(io, given.output, given.json);
  if (!beside.ok) return report(io, beside.failure);
  const extracted = await extract({ ...given, hashes: given.json }, io);
  if (!extracted.ok) return report(io, extracted.failure);
  for (const warning of extracted.value.warnings) io.stderr(`kexec-bpf: warning: ${warning}\n`);
  beside.value.stdout(given.json ? `${JSON.stringify(extracted.value)}\n` : extractText(extracted.value));
  return EXIT.ok;
}
