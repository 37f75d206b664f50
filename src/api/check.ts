import { ok, type Result } from "#core/result.ts";
import { type Check, checkManifest } from "#manifest/check.ts";
import { packageRoot } from "./common/package-root.ts";

export type CheckRequest = {
  /** Absolute. */
  readonly manifest: string;
  /** Whether inputs count as well, and not outputs alone. */
  readonly inputs: boolean;
};

export type CheckReport = {
  readonly schema: 1;
  readonly manifest: string;
  /** Whether all that counts is what it was. */
  readonly ok: boolean;
} & Check;

/** Whether files are still those of which a manifest tells. Errors: those of `checkManifest`. */
export async function check({ manifest, inputs }: CheckRequest): Promise<Result<CheckReport>> {
  const checked = await checkManifest(manifest, packageRoot());
  if (!checked.ok) return checked;
  const counting = [...checked.value.outputs, ...(inputs ? checked.value.inputs : [])];
  const holds = counting.every(({ state }) => state === "ok");
  return ok({ schema: 1, manifest, ok: holds, ...checked.value });
}
