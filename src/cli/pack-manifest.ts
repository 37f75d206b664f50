import { basename, dirname, resolve } from "node:path";
import { packageRoot } from "#api/package-root.ts";
import { VERSION } from "#api/version.ts";
import type { Result } from "#core/result.ts";
import type { OutputSet } from "#files/output-set.ts";
import { type ManifestRequest, manifestBeside, nameOf, writeManifest } from "#manifest/manifest.ts";
import type { Packed, PackedInput } from "#pack/types.ts";
import type { Io } from "#report/io.ts";
import { normalCommand } from "./normal-command.ts";
import type { CommandWords, Words } from "./words.ts";

/**
 * Adds `OUTPUT.manifest.json` to the set that has the output.
 *
 * @param texts files that were read for `@FILE`
 */
export function writePackManifest(
  command: CommandWords,
  words: Words,
  { kind, output, sha256 = "", parts, inputs = [] }: Packed,
  texts: readonly PackedInput[],
  { cwd, env }: Io,
  set: OutputSet,
): Promise<Result<void>> {
  const [folder, program] = [dirname(output), packageRoot()];
  const name = (word: string) => {
    const relative = nameOf(resolve(cwd, word), folder, program);
    return relative.startsWith("-") ? `./${relative}` : relative;
  };
  const isOutput = words.value("output") !== undefined;
  const given = isOutput
    ? words
    : { ...words, ordered: [...words.ordered, { name: "output", value: basename(output) }] };
  const manifest: ManifestRequest = {
    file: manifestBeside(output),
    command: normalCommand(["kexec-bpf", "pack", kind], command, given, name),
    parameters: { kind, parts },
    outputs: [{ path: output, sha256 }],
    inputs: [...inputs, ...texts].map((input) => ({ path: input.file, sha256: input.sha256 })),
    tools: { "kexec-bpf": VERSION },
    program,
    sourceDateEpoch: env["SOURCE_DATE_EPOCH"],
  };
  return writeManifest(manifest, set);
}
