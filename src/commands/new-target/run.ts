import { resolve } from "node:path";
import { newTarget } from "#api/new-target.ts";
import { wordOf } from "#commands/word-of.ts";
import { EXIT } from "#report/exit-code.ts";
import type { Io } from "#report/io.ts";
import { report } from "#report/report-failure.ts";
import type { NewTargetWords } from "./options.ts";
import { newTargetText } from "./text.ts";

export async function runNewTarget(words: NewTargetWords, io: Io): Promise<number> {
  const { name, output, json } = words.given;
  const made = await newTarget({ name, folder: output ?? resolve(io.cwd, name) });
  if (!made.ok) return report(io, made.failure);
  const folder = wordOf(words, "output") ?? name;
  io.stdout(json ? `${JSON.stringify(made.value)}\n` : newTargetText(folder, made.value));
  return EXIT.ok;
}
