import { join } from "node:path";
import type { Result } from "#core/result.ts";
import { writeOutput } from "#files/output.ts";
import type { CorpusCase } from "#verify/corpus-case.ts";

/**
 * Writes a case as `kexec-bpf verify --image` takes it: `NAME.json` first, so that no `NAME.img` stands there without
 * a description. Errors: `file-failed`.
 */
export async function writeCase(
  folder: string,
  name: string,
  image: Uint8Array,
  description: CorpusCase,
): Promise<Result<void>> {
  const text = `${JSON.stringify(description, undefined, 2)}\n`;
  const described = await writeOutput(join(folder, `${name}.json`), text);
  return described.ok ? writeOutput(join(folder, `${name}.img`), image) : described;
}
