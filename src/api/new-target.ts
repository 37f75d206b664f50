import { join } from "node:path";
import type { Failure } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { readInputText } from "#files/input-file.ts";
import { makeFolder } from "#files/output.ts";
import { type Output, writeOutputs } from "#files/output-set.ts";
import { stampOf } from "#files/stamp.ts";
import { isTargetName } from "#generate/target.ts";
import { packageRoot } from "./common/package-root.ts";

export type NewTargetRequest = {
  /** Lower-case letters, digits and `_`. */
  readonly name: string;
  /** Absolute; made where it is not there. */
  readonly folder: string;
};

export type NewTargetReport = {
  readonly schema: 1;
  readonly name: string;
  readonly folder: string;
  /** Names in the folder. */
  readonly files: readonly string[];
};

/** What stands for the target's name in the files of `templates/new-target`. */
const PLACEHOLDER = "@NAME@";

const FILES = [
  ["target.json", ".json"],
  ["body.hbs", ".hbs"],
  ["reference.mjs", ".mjs"],
  ["test.mjs", ".test.mjs"],
] as const;

/**
 * Writes a target to begin with: its description, its body, a reference and a test, which passes as it is. All or nothing.
 *
 * Errors: `usage` for a name that no target can have, and where one of the files is there already; `file-failed`.
 */
export async function newTarget({ name, folder }: NewTargetRequest): Promise<Result<NewTargetReport>> {
  const refuse = (detail: string) => err<Failure>({ reason: "usage", detail });
  if (!isTargetName(name)) {
    return refuse(
      `${name}: a target's name is lower-case letters, digits and _, a letter first, and no goal`,
    );
  }
  const outputs: Output[] = [];
  for (const [template, suffix] of FILES) {
    const file = join(folder, `${name}${suffix}`);
    if (stampOf(file) !== null) return refuse(`${file} is there already`);
    const text = await readInputText(join(packageRoot(), "templates", "new-target", template));
    if (!text.ok) return text;
    outputs.push({ file, content: text.value.replaceAll(PLACEHOLDER, name) });
  }
  const made = await makeFolder(folder);
  if (!made.ok) return made;
  const written = await writeOutputs(outputs);
  if (!written.ok) return written;
  return ok({ schema: 1, name, folder, files: FILES.map(([, suffix]) => `${name}${suffix}`) });
}
