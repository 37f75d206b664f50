import { accessSync, constants } from "node:fs";
import type { BuildRequest, SkeletonSigning } from "#build/request.ts";
import { err, ok, type Result } from "#core/result.ts";
import { fileFailed } from "#files/errno.ts";
import { certificateWeakness } from "#signing/certificate-strength.ts";
import { weaknessText } from "#signing/strength.ts";
import type { Toolchain } from "#toolchain/toolchain.ts";
import { signsSkeletons } from "#toolchain/tools/bpftool.ts";

/**
 * Makes sure that light skeletons can be signed, where that is asked for.
 *
 * Errors: `file-failed` for a key or certificate that cannot be read; `tool-too-old` for a bpftool that signs none;
 * `signature-failed` for a key that kernels do not take.
 */
export async function prepareSigning(
  { signing }: BuildRequest,
  { bpftool }: Toolchain,
  signal: AbortSignal,
): Promise<Result<void>> {
  if (signing === undefined) return ok(undefined);
  for (const file of [signing.key, signing.certificate]) {
    try {
      accessSync(file, constants.R_OK);
    } catch (error) {
      return err(fileFailed("read", file, error));
    }
  }
  const signs = await signsSkeletons(bpftool.path, signal);
  if (!signs.ok) return signs;
  if (signs.value) return checkStrength(signing);
  const needed = "one that signs light skeletons (gen skeleton -L -S; Linux 6.18's and newer)";
  return err({
    reason: "tool-too-old",
    tool: "bpftool",
    path: bpftool.path,
    version: bpftool.version,
    needed,
  });
}

async function checkStrength({ certificate, allowWeak }: SkeletonSigning): Promise<Result<void>> {
  const weakness = await certificateWeakness(certificate);
  if (!weakness.ok) return weakness;
  if (weakness.value === undefined || allowWeak) return ok(undefined);
  return err({ reason: "signature-failed", file: certificate, detail: weaknessText(weakness.value) });
}
