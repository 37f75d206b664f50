import { dirname } from "node:path";
import { ok, type Result } from "#core/result.ts";
import { deliver, isStream } from "#files/deliver.ts";
import { removeStaleTemporaries } from "#files/output.ts";
import { withOutputSet } from "#files/output-set.ts";
import { manifestTime } from "#manifest/manifest.ts";
import { type Signed, type SignRequest as SignFileRequest, signFile } from "#signing/sign.ts";
import { writeSignManifest } from "./common/sign-manifest.ts";
import { signingContext, warnings } from "./common/signing.ts";
import type { Context } from "./context.ts";

export type SignRequest = SignFileRequest & {
  /** Whether to write `OUTPUT.manifest.json`. Beside a pipe or device is no place for one. */
  readonly manifest: boolean;
};

export type SignReport = Omit<Signed, "notContainer" | "weakness" | "openssl"> & {
  readonly schema: 1;
  readonly warnings: readonly string[];
};

/**
 * Appends a signature as the kernel's scripts/sign-file does. Errors: those of `signFile`, `deliver` and the manifest's; `usage` for a
 * SOURCE_DATE_EPOCH that is not a time.
 */
export async function sign(
  request: SignRequest,
  context: Omit<Context, "emit">,
): Promise<Result<SignReport>> {
  const time = manifestTime(context.env["SOURCE_DATE_EPOCH"]);
  if (request.manifest && !time.ok) return time;
  const signed =
    request.manifest && !isStream(request.output)
      ? await signWithManifest(request, context)
      : await signFile(request, signingContext(context), (output, bytes) =>
          deliver(output, bytes, context.signal),
        );
  if (!signed.ok) return signed;
  const { notContainer, weakness, openssl: _, ...facts } = signed.value;
  return ok({ schema: 1, ...facts, warnings: warnings({ notContainer, weakness }) });
}

/** The signed file and its manifest, both or neither. */
function signWithManifest(request: SignRequest, context: Omit<Context, "emit">): Promise<Result<Signed>> {
  removeStaleTemporaries(dirname(request.output));
  return withOutputSet(async (set) => {
    const add = (file: string, content: Uint8Array) => set.add({ file, content });
    const signed = await signFile(request, signingContext(context), add);
    if (!signed.ok) return signed;
    const written = await writeSignManifest(request, signed.value, context.env, set);
    return written.ok ? signed : written;
  });
}
