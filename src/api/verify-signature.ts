import { ok, type Result } from "#core/result.ts";
import { type SignedFileRequest, type VerifiedSignature, verifyFile } from "#signing/verify.ts";
import { signingContext, warnings } from "./common/signing.ts";
import type { Context } from "./context.ts";

export type VerifySignatureRequest = SignedFileRequest;

export type VerifySignatureReport = Omit<VerifiedSignature, "notContainer" | "weakness" | "nested"> & {
  readonly schema: 1;
  readonly warnings: readonly string[];
};

/** Whether the signature that a file ends with holds. Errors: those of `verifyFile`. */
export async function verifySignature(
  request: VerifySignatureRequest,
  context: Omit<Context, "emit">,
): Promise<Result<VerifySignatureReport>> {
  const verified = await verifyFile(request, signingContext(context));
  if (!verified.ok) return verified;
  const { notContainer, weakness, nested, ...facts } = verified.value;
  return ok({ schema: 1, ...facts, warnings: warnings({ notContainer, weakness, nested }) });
}
