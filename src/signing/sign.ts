import { constants } from "node:fs";
import { access, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Malformed, SignatureFailed } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { digest } from "#files/digest.ts";
import { fileFailed } from "#files/errno.ts";
import { inTemporaryFolder } from "#files/temporary-folder.ts";
import { decodeSignedData, type SignedData } from "#formats/signature/cms.ts";
import { appendSignature, splitSignature } from "#formats/signature/signature.ts";
import { requireOpenssl } from "#toolchain/discover.ts";
import { pkcs11Words } from "#toolchain/pkcs11.ts";
import { readCertificates } from "./certificate.ts";
import { definedVariables, runOpenssl, type SigningContext } from "./context.ts";
import { keyComplaint } from "./key-complaint.ts";
import { readSignedContent } from "./signed-content.ts";

/** Paths are absolute. */
export type SignRequest = {
  readonly file: string;
  /** May be `file` itself. */
  readonly output: string;
  /** A private key's path, or its PKCS#11 URI. */
  readonly key: string;
  readonly certificate: string;
  readonly hash: "sha256" | "sha384" | "sha512";
  /** Take an existing signature off first. */
  readonly replace: boolean;
};

export type Signed = {
  readonly output: string;
  readonly size: number;
  readonly sha256: string;
  /** What the signature covers: the output's first bytes. */
  readonly content: { readonly size: number; readonly sha256: string };
  readonly signature: { readonly offset: number; readonly size: number } & SignedData;
  readonly replaced: boolean;
  readonly notContainer: Malformed | undefined;
  /** openssl's version. */
  readonly openssl: string;
};

/** The variable that `scripts/sign-file` takes passphrases and PINs from. It is never put on a command line. */
const PIN = "KBUILD_SIGN_PIN";

/** How a key in a token is named (RFC 7512). */
export const PKCS11_SCHEME = "pkcs11:";

/**
 * Signs a file as the kernel's `scripts/sign-file` does: a detached CMS message without attributes and certificates,
 * appended with the trailer. The same key gives the same bytes where the algorithm is deterministic (RSA).
 *
 * Errors: `signature-failed` for a file that is signed already, a key that cannot be used, does not belong to the certificate
 * or cannot sign with the hash; `tool-missing` without openssl, or without a way to a token.
 *
 * @param write puts the output in place
 * Source: Linux, scripts/sign-file.c.
 */
export async function signFile(
  request: SignRequest,
  context: SigningContext,
  write: (file: string, bytes: Uint8Array) => Result<void> | Promise<Result<void>>,
): Promise<Result<Signed>> {
  const { file } = request;
  const before = await readSignedContent(file);
  if (!before.ok) return before;
  const { signature, notContainer } = before.value;
  if (signature !== undefined && !request.replace) {
    const detail = "the file is signed already; --replace signs it anew";
    return err({ reason: "signature-failed", detail, file, signatureAt: signature.offset });
  }
  const content = unsigned(before.value.content);
  if (content.length === 0)
    return err({ reason: "signature-failed", detail: "nothing to sign: it is empty", file });
  const message = await makeMessage(content, request, context);
  if (!message.ok) return message;
  const { bytes, openssl } = message.value;
  const described = decodeSignedData(bytes, { base: content.length });
  if (!described.ok) return described;
  const whole = appendSignature(content, bytes);
  const written = await write(request.output, whole);
  if (!written.ok) return written;
  return ok({
    output: request.output,
    size: whole.length,
    sha256: digest(whole),
    content: { size: content.length, sha256: digest(content) },
    signature: { offset: content.length, size: bytes.length, ...described.value },
    replaced: signature !== undefined,
    notContainer,
    openssl,
  });
}

/** Without any signature: a file may have been signed again by a tool that nests them. */
function unsigned(content: Uint8Array): Uint8Array {
  const split = splitSignature(content);
  return split.ok && split.value.signature !== undefined ? unsigned(split.value.content) : content;
}

async function makeMessage(
  content: Uint8Array,
  { key, certificate, hash }: SignRequest,
  context: SigningContext,
): Promise<Result<{ readonly bytes: Uint8Array; readonly openssl: string }>> {
  const openssl = await requireOpenssl(context.discovery);
  if (!openssl.ok) return openssl;
  const { path, version } = openssl.value;
  const inputs = await checkInputs(key, certificate);
  if (!inputs.ok) return inputs;
  const env = definedVariables(context.env);
  const token = key.startsWith(PKCS11_SCHEME);
  const way = token ? await pkcs11Words(path, env, context.discovery) : ok([]);
  if (!way.ok) return way;
  const signed = await inTemporaryFolder(async (folder) => {
    // Not by stdin: without a terminal, openssl would take the content for the passphrase.
    const contentFile = join(folder, "content");
    await writeFile(contentFile, content);
    return runOpenssl(context, {
      file: path,
      args: [
        ...["cms", "-sign", "-binary", "-noattr", "-nocerts", "-md", hash],
        ...["-in", contentFile, "-outform", "DER"],
        ...["-signer", certificate, ...way.value, "-inkey", key],
        ...(env[PIN] === undefined ? [] : ["-passin", `env:${PIN}`]),
      ],
    });
  });
  if (signed.ok) return ok({ bytes: signed.value.stdout, openssl: version });
  if (signed.failure.reason !== "tool-failed") return signed;
  const complaint = keyComplaint(signed.failure.log, { certificate, hash, token, pin: PIN });
  if (complaint === undefined) return signed;
  const file = complaint.about === "key" ? key : certificate;
  const failure: SignatureFailed = { reason: "signature-failed", file, detail: complaint.detail };
  return err(complaint.log === undefined ? failure : { ...failure, log: complaint.log });
}

/** A file that is not there is told as one, and not in openssl's words. */
async function checkInputs(key: string, certificate: string): Promise<Result<void>> {
  if (!key.startsWith(PKCS11_SCHEME)) {
    try {
      await access(key, constants.R_OK);
    } catch (error) {
      return err(fileFailed("read", key, error));
    }
  }
  const certificates = await readCertificates(certificate);
  return certificates.ok ? ok(undefined) : certificates;
}
