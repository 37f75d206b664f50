import { err, ok, type Result } from "#core/result.ts";
import { readInputText } from "#files/input-file.ts";
import type { Fleet, FleetKernel } from "#fleet/file/fleet-file.ts";
import { parseFleet } from "#fleet/file/parse-fleet.ts";
import { matchesGlob } from "#fleet/glob.ts";

/** Errors: `file-failed`; `bad-fleet`. */
export async function readFleet(file: string): Promise<Result<Fleet>> {
  const text = await readInputText(file);
  if (!text.ok) return text;
  return parseFleet(text.value, file);
}

/** The kernels that the globs name. Errors: `usage` for one that names none. */
export function chosenKernels({ kernels }: Fleet, only: readonly string[]): Result<readonly FleetKernel[]> {
  const none = only.find((glob) => !kernels.some(({ name }) => matchesGlob(name, glob)));
  if (none !== undefined) return err({ reason: "usage", detail: `--only ${none} names no kernel` });
  if (only.length === 0) return ok(kernels);
  return ok(kernels.filter(({ name }) => only.some((glob) => matchesGlob(name, glob))));
}
