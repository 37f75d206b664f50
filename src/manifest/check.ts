import { statSync } from "node:fs";
import { dirname } from "node:path";
import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { digestFile } from "#files/digest.ts";
import { fileFailed } from "#files/errno.ts";
import { readInputText } from "#files/input-file.ts";
import { decodeManifest, type NamedDigest } from "./decode.ts";
import { pathOf } from "./manifest.ts";

export type CheckedFile = {
  readonly name: string;
  /** `missing`: there is no regular file of that name. */
  readonly state: "ok" | "changed" | "missing";
  readonly expected: string;
  /** Absent where it is missing. */
  readonly found?: string;
};

export type Check = { readonly outputs: readonly CheckedFile[]; readonly inputs: readonly CheckedFile[] };

/**
 * Hashes the files that a manifest names, where they should be now.
 *
 * @param program the folder that the program is installed in, for its own files
 *
 * Errors: `file-failed`; `unsupported` for a manifest that is not known here.
 */
export async function checkManifest(file: string, program: string): Promise<Result<Check>> {
  const text = await readInputText(file);
  if (!text.ok) return text;
  const manifest = decodeManifest(text.value);
  if (!manifest.ok) return err(inFile(manifest.failure, file));
  const folder = dirname(file);
  const outputs = await checkFiles(manifest.value.outputs, folder, program);
  if (!outputs.ok) return outputs;
  const inputs = await checkFiles(manifest.value.inputs, folder, program);
  return inputs.ok ? ok({ outputs: outputs.value, inputs: inputs.value }) : inputs;
}

async function checkFiles(
  files: readonly NamedDigest[],
  folder: string,
  program: string,
): Promise<Result<readonly CheckedFile[]>> {
  const checked: CheckedFile[] = [];
  for (const { name, sha256: expected } of files) {
    const path = pathOf(name, folder, program);
    if (!isRegularFile(path)) {
      checked.push({ name, state: "missing", expected });
      continue;
    }
    const found = await digestFile(path);
    if (!found.ok) return found;
    checked.push({ name, state: found.value === expected ? "ok" : "changed", expected, found: found.value });
  }
  return ok(checked);
}

/** A device or a pipe of that name would never end. */
function isRegularFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch (error) {
    // Such as a file where the path has a folder. Only a bug is thrown on.
    fileFailed("open", path, error);
    return false;
  }
}
