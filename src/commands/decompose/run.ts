import { decompose } from "#api/decompose.ts";
import { EXIT } from "#report/exit-code.ts";
import type { Io } from "#report/io.ts";
import { report } from "#report/report-failure.ts";
import type { DecomposeWords } from "./options.ts";
import { decomposeText } from "./text.ts";

export async function runDecompose({ given }: DecomposeWords, io: Io): Promise<number> {
  const decomposed = await decompose(given);
  if (!decomposed.ok) return report(io, decomposed.failure);
  io.stdout(given.json ? `${JSON.stringify(decomposed.value)}\n` : decomposeText(decomposed.value));
  return EXIT.ok;
}
