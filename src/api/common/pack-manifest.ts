import { dirname } from "node:path";
import type { Context } from "#api/context.ts";
import type { Result } from "#core/result.ts";
import type { OutputSet } from "#files/output-set.ts";
import { type ManifestRequest, manifestBeside, nameOf, writeManifest } from "#manifest/manifest.ts";
import type { Packed, PackedInput } from "#pack/types.ts";
import { packageRoot } from "./package-root.ts";
import { VERSION } from "./version.ts";

/** A command as a manifest names it, with files as `nameOf` has them. */
export type ManifestCommand = (nameOf: (file: string) => string) => readonly string[];

/**
 * Adds `OUTPUT.manifest.json` to the set that has the output.
 *
 * @param texts files of which the text was taken
 */
export function writePackManifest(
  command: ManifestCommand,
  { kind, output, sha256 = "", parts, inputs = [] }: Packed,
  texts: readonly PackedInput[],
  env: Context["env"],
  set: OutputSet,
): Promise<Result<void>> {
  const [folder, program] = [dirname(output), packageRoot()];
  const name = (file: string) => {
    const relative = nameOf(file, folder, program);
    return relative.startsWith("-") ? `./${relative}` : relative;
  };
  const manifest: ManifestRequest = {
    file: manifestBeside(output),
    command: command(name),
    parameters: { kind, parts },
    outputs: [{ path: output, sha256 }],
    inputs: [...inputs, ...texts].map((input) => ({ path: input.file, sha256: input.sha256 })),
    tools: { "kexec-bpf": VERSION },
    program,
    sourceDateEpoch: env["SOURCE_DATE_EPOCH"],
  };
  return writeManifest(manifest, set);
}
