import { join } from "node:path";
import type { Output } from "#files/output-set.ts";
import type { CorpusCase } from "#verify/corpus-case.ts";

/**
 * The files of a case as `kexec-bpf verify --image` takes it: `NAME.json` first, so that no `NAME.img` stands there without
 * a description.
 */
export function caseFiles(
  folder: string,
  name: string,
  image: Uint8Array,
  description: CorpusCase,
): readonly Output[] {
  return [
    { file: join(folder, `${name}.json`), content: `${JSON.stringify(description, undefined, 2)}\n` },
    { file: join(folder, `${name}.img`), content: image },
  ];
}
