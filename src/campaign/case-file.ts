import { join } from "node:path";
import type { Revision } from "#abi/revisions.ts";
import type { Result } from "#core/result.ts";
import { writeOutput } from "#files/output.ts";
import type { ReferenceName } from "#verify/references.ts";
import type { Injection } from "#vm/injection.ts";

/** What stands in `NAME.json` beside the image `NAME.img`: a case that `kexec-bpf verify --image` takes. */
export type CaseDescription = {
  readonly schema: 1;
  readonly reference: ReferenceName;
  readonly revision: Revision;
  /** What is to be denied in the run. */
  readonly injection?: Injection;
  readonly why: string;
};

/** Writes a case: its description first, so that no image stands there without one. Errors: `file-failed`. */
export async function writeCase(
  folder: string,
  name: string,
  image: Uint8Array,
  description: CaseDescription,
): Promise<Result<void>> {
  const text = `${JSON.stringify(description, undefined, 2)}\n`;
  const described = await writeOutput(join(folder, `${name}.json`), text);
  return described.ok ? writeOutput(join(folder, `${name}.img`), image) : described;
}
