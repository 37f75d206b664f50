import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inFile, type Malformed, type SignatureFailed } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { digest } from "#files/digest.ts";
import { inTemporaryFolder } from "#files/temporary-folder.ts";
import { decodeSignedData, type SignedData, type Signer } from "#formats/signature/cms.ts";
import { requireOpenssl } from "#toolchain/discover.ts";
import { readCertificates } from "./certificate.ts";
import { runOpenssl, type SigningContext } from "./context.ts";
import { readSignedContent } from "./signed-content.ts";

/** Paths are absolute. At least one of the two is given. */
export type VerifyRequest = {
  readonly file: string;
  /** The signer's certificate. */
  readonly certificate: string | undefined;
  /** Certificates of which one must be, or have signed, the signer's. */
  readonly authorities: string | undefined;
};

export type Verified = {
  readonly file: string;
  readonly content: { readonly size: number; readonly sha256: string };
  readonly signature: { readonly offset: number; readonly size: number } & SignedData;
  readonly notContainer: Malformed | undefined;
};

/**
 * Verifies the signature that a file ends with. As in the kernel, a certificate's dates and purposes do not count, and each of the
 * authorities is trusted for itself; the system's own certificates are not.
 *
 * Errors: `signature-failed` for a file that is not signed and a signature that does not hold; `tool-missing`.
 */
export async function verifyFile(request: VerifyRequest, context: SigningContext): Promise<Result<Verified>> {
  const { file } = request;
  const read = await readSignedContent(file);
  if (!read.ok) return read;
  const { content, signature, notContainer } = read.value;
  if (signature === undefined) return err({ reason: "signature-failed", detail: "is not signed", file });
  const described = decodeSignedData(signature.data, { base: signature.offset });
  if (!described.ok) return err(inFile(described.failure, file));
  const fails = (detail: string, log?: string): Result<never> => {
    const failure: SignatureFailed = {
      reason: "signature-failed",
      detail,
      file,
      signatureAt: signature.offset,
    };
    return err(log === undefined ? failure : { ...failure, log });
  };
  const unfit = whyUnfit(described.value);
  if (unfit !== undefined) return fails(unfit);

  const openssl = await requireOpenssl(context.discovery);
  if (!openssl.ok) return openssl;
  const verified = await inTemporaryFolder(async (folder) => {
    const words = await trustWords(request, folder);
    if (!words.ok) return words;
    const contentFile = join(folder, "content");
    await writeFile(contentFile, content);
    const io = ["-content", contentFile, "-out", "/dev/null"];
    return runOpenssl(context, {
      file: openssl.value.path,
      args: ["cms", "-verify", "-binary", "-inform", "DER", ...io, ...words.value],
      input: signature.data,
    });
  });
  if (!verified.ok) {
    const { failure } = verified;
    // 4: it was read, and does not verify.
    if (failure.reason !== "tool-failed" || failure.ended !== "exit status 4") return verified;
    return fails(...complaint(failure.log, described.value.signers));
  }
  return ok({
    file,
    content: { size: content.length, sha256: digest(content) },
    signature: { offset: signature.offset, size: signature.data.length, ...described.value },
    notContainer,
  });
}

/** What openssl would let pass, and no kernel does. */
function whyUnfit({ signers, detached }: SignedData): string | undefined {
  if (signers.length === 0) return "the message has no signer";
  return detached ? undefined : "the message has a content of its own beside the file's";
}

async function trustWords(
  { certificate, authorities }: VerifyRequest,
  folder: string,
): Promise<Result<readonly string[]>> {
  const copy = async (from: string, name: string): Promise<Result<string>> => {
    const pem = await readCertificates(from);
    if (!pem.ok) return pem;
    const file = join(folder, name);
    await writeFile(file, pem.value);
    return ok(file);
  };
  const words: string[] = [];
  if (certificate !== undefined) {
    const signer = await copy(certificate, "certificate.pem");
    if (!signer.ok) return signer;
    words.push("-certfile", signer.value, "-nointern");
  }
  if (authorities === undefined) return ok([...words, "-noverify"]);
  const trusted = await copy(authorities, "authorities.pem");
  if (!trusted.ok) return trusted;
  if (certificate === undefined) words.push("-certfile", trusted.value);
  words.push("-CAfile", trusted.value, "-no-CApath", "-no-CAstore", "-partial_chain");
  return ok([...words, "-purpose", "any", "-no_check_time"]);
}

function complaint(log: string, signers: readonly Signer[]): [detail: string, log?: string] {
  if (/signer certificate not found/.test(log)) {
    return [`none of the certificates given is the signer's: ${signers.map(signerText).join("; ")}`];
  }
  const untrusted = /Verify error: ?(.+)/.exec(log)?.[1];
  if (untrusted !== undefined) return [`the signer's certificate is not trusted: ${untrusted}`];
  if (/verification failure|bad signature/.test(log)) {
    return ["does not hold: the content or the key is not the one that it was made with"];
  }
  return ["does not verify", log];
}

/** Names the signer as the signature does. */
export function signerText(signer: Signer): string {
  return "keyId" in signer
    ? `key identifier ${signer.keyId}`
    : `${signer.issuer}, serial number ${signer.serial}`;
}
