import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inFile, type Malformed, type SignatureFailed } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { digest } from "#files/digest.ts";
import { inTemporaryFolder } from "#files/temporary-folder.ts";
import { decodeCertificateId } from "#formats/signature/certificate-id.ts";
import { decodeSignedData, type SignedData, type Signer } from "#formats/signature/cms.ts";
import { splitSignature } from "#formats/signature/signature.ts";
import { requireOpenssl } from "#toolchain/discover.ts";
import type { ToolOutput } from "#toolchain/process.ts";
import { certificateBytes, readCertificates, splitCertificates } from "./certificate.ts";
import { runOpenssl, type SigningContext } from "./context.ts";
import { keyFacts } from "./public-key.ts";
import { readSignedContent } from "./signed-content.ts";
import { findWeakness, isMlDsa, type Weakness, weaknessText } from "./strength.ts";

/** Paths are absolute. At least one of the two is given. */
export type SignedFileRequest = {
  readonly file: string;
  /** The signer's certificate. */
  readonly certificate: string | undefined;
  /** Certificates of which one must be, or have signed, the signer's. */
  readonly authorities: string | undefined;
  /** Take what `strength.ts` calls weak, too. */
  readonly allowWeak: boolean;
};

export type VerifiedSignature = {
  readonly file: string;
  readonly content: { readonly size: number; readonly sha256: string };
  readonly signature: { readonly offset: number; readonly size: number } & SignedData;
  /** What was allowed. */
  readonly weakness: Weakness | undefined;
  /** The content ends with a signature of its own. */
  readonly nested: boolean;
  readonly notContainer: Malformed | undefined;
};

/**
 * Verifies the signature that a file ends with. As in the kernel, a certificate's dates and purposes do not count, and each of the
 * authorities is trusted for itself; the system's own certificates are not.
 *
 * Errors: `signature-failed` for a file that is not signed, a signature that does not hold and one that is weak; `tool-missing`.
 */
export async function verifyFile(
  request: SignedFileRequest,
  context: SigningContext,
): Promise<Result<VerifiedSignature>> {
  const { file } = request;
  const read = await readSignedContent(file);
  if (!read.ok) return read;
  const { content, signature, notContainer } = read.value;
  if (signature === undefined) return err({ reason: "signature-failed", detail: "is not signed", file });
  const described = decodeSignedData(signature.data, { base: signature.offset });
  if (!described.ok) return err(inFile(described.failure, file));
  const fails = (detail: string, more: Pick<SignatureFailed, "log"> = {}): Result<never> =>
    err({ reason: "signature-failed", detail, file, signatureAt: signature.offset, ...more });
  const unfit = whyUnfit(described.value);
  if (unfit !== undefined) return fails(unfit);
  const { signers } = described.value;
  // Before openssl is asked, which knows some of the old hashes no more.
  const weak = request.allowWeak ? undefined : findWeakness(signers, []);
  if (weak !== undefined) return fails(weaknessText(weak));

  const found = await requireOpenssl(context.discovery);
  if (!found.ok) return found;
  const given = await readGiven(request);
  if (!given.ok) return given;
  const openssl = (args: readonly string[]) =>
    runOpenssl(context, { file: found.value.path, args, input: signature.data });
  const verified = await verifiedSigners(content, given.value, request.allowWeak, openssl);
  if (!verified.ok) {
    const { failure } = verified;
    // 4: it was read, and does not verify.
    if (failure.reason !== "tool-failed" || failure.ended !== "exit status 4") return verified;
    return fails(...complaint(failure.log, signers, given.value));
  }
  const weakness = findWeakness(signers, verified.value.map(keyFacts));
  if (weakness !== undefined && !request.allowWeak) return fails(weaknessText(weakness));
  return ok({
    file,
    content: { size: content.length, sha256: digest(content) },
    signature: { offset: signature.offset, size: signature.data.length, ...described.value },
    weakness,
    nested: endsSigned(content),
    notContainer,
  });
}

/** The certificates of the signers, in PEM, where each one's signature holds. */
function verifiedSigners(
  content: Uint8Array,
  given: Given,
  allowWeak: boolean,
  openssl: (args: readonly string[]) => Promise<Result<ToolOutput>>,
): Promise<Result<readonly string[]>> {
  return inTemporaryFolder(async (folder) => {
    const contentFile = join(folder, "content");
    await writeFile(contentFile, content);
    const signersFile = join(folder, "signers.pem");
    const io = ["-content", contentFile, "-out", "/dev/null", "-signer", signersFile];
    const trust = await trustWords(given, allowWeak, folder);
    const run = await openssl(["cms", "-verify", "-binary", "-inform", "DER", ...io, ...trust]);
    return run.ok ? ok(splitCertificates(await readFile(signersFile, "latin1"))) : run;
  });
}

/** With a broken one, too: what ends with the text is not taken for unsigned. */
function endsSigned(content: Uint8Array): boolean {
  const split = splitSignature(content);
  return !split.ok || split.value.signature !== undefined;
}

/** What openssl would let pass, and no kernel does. */
function whyUnfit({ signers, detached }: SignedData): string | undefined {
  if (signers.length === 0) return "the message has no signer";
  if (!detached) return "the message has a content of its own beside the file's: it is not detached";
  // pkcs7_verify() with VERIFYING_MODULE_SIGNATURE.
  return signers.some((signer) => signer.attributes && !isMlDsa(signer))
    ? "the message has signed attributes, which kernels refuse at the end of a file"
    : undefined;
}

/** Certificates in PEM. */
type Given = { readonly certificate: string | undefined; readonly authorities: string | undefined };

async function readGiven({ certificate, authorities }: SignedFileRequest): Promise<Result<Given>> {
  const read = (file: string | undefined) => (file === undefined ? ok(undefined) : readCertificates(file));
  const [signer, trusted] = [await read(certificate), await read(authorities)];
  if (!signer.ok) return signer;
  return trusted.ok ? ok({ certificate: signer.value, authorities: trusted.value }) : trusted;
}

async function trustWords(
  { certificate, authorities }: Given,
  allowWeak: boolean,
  folder: string,
): Promise<readonly string[]> {
  const copy = async (pem: string, name: string): Promise<string> => {
    const file = join(folder, name);
    await writeFile(file, pem);
    return file;
  };
  const words: string[] = [];
  if (certificate !== undefined) {
    words.push("-certfile", await copy(certificate, "certificate.pem"), "-nointern");
  }
  if (authorities === undefined) return [...words, "-noverify"];
  const trusted = await copy(authorities, "authorities.pem");
  if (certificate === undefined) words.push("-certfile", trusted);
  words.push("-CAfile", trusted, "-no-CApath", "-no-CAstore", "-partial_chain");
  // Level 2: keys and hashes between the signer and what is trusted have 112 bits of strength.
  words.push("-auth_level", allowWeak ? "0" : "2");
  return [...words, "-purpose", "any", "-no_check_time"];
}

function complaint(
  log: string,
  signers: readonly Signer[],
  given: Given,
): [detail: string, more?: { readonly log: string }] {
  const several = signers.length > 1;
  if (/signer certificate not found/.test(log)) {
    const missing = withoutCertificate(signers, given).map(signerText).join("; ");
    if (!several) return [`none of the certificates given is the signer's: ${missing}`];
    return [
      `the message has ${signers.length} signers, and a certificate of each is needed; not given: ${missing}`,
    ];
  }
  const untrusted = /Verify error: ?(.+)/.exec(log)?.[1];
  if (untrusted !== undefined) {
    return [`${several ? "a" : "the"} signer's certificate is not trusted: ${untrusted}`];
  }
  if (/verification failure|bad signature/.test(log)) {
    const whose = several
      ? `the message has ${signers.length} signers, and not each one's signature holds`
      : "does not hold";
    return [`${whose}: the content or the key is not the one that it was made with`];
  }
  return ["does not verify", { log }];
}

/** The signers whose certificate is not among the given ones; all, where they are named by what is not read here. */
function withoutCertificate(signers: readonly Signer[], given: Given): readonly Signer[] {
  const ids = [given.certificate, given.authorities]
    .flatMap((pem) => (pem === undefined ? [] : splitCertificates(pem)))
    .map((pem) => decodeCertificateId(certificateBytes(pem)))
    .flatMap((id) => (id.ok ? [id.value] : []));
  const left = signers.filter(
    (signer) =>
      "keyId" in signer ||
      !ids.some(({ issuer, serial }) => issuer === signer.issuer && serial === signer.serial),
  );
  return left.length === 0 ? signers : left;
}

/** Names the signer as the signature does. */
function signerText(signer: Signer): string {
  return "keyId" in signer
    ? `key identifier ${signer.keyId}`
    : `${signer.issuer}, serial number ${signer.serial}`;
}
