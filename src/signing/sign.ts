import { constants } from "node:fs";
import { access, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Failure, Malformed } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { digest } from "#files/digest.ts";
import { fileFailed } from "#files/errno.ts";
import { inTemporaryFolder } from "#files/temporary-folder.ts";
import { decodeSignedData, type SignedData } from "#formats/signature/cms.ts";
import { appendSignature, splitSignature } from "#formats/signature/signature.ts";
import { requireOpenssl } from "#toolchain/discover.ts";
import { pkcs11Words } from "#toolchain/tools/pkcs11.ts";
import { readCertificates, splitCertificates } from "./certificate.ts";
import { definedVariables, runOpenssl, type SigningContext } from "./context.ts";
import { keyComplaint } from "./key-complaint.ts";
import { keyFacts } from "./public-key.ts";
import { readSignedContent } from "./signed-content.ts";
import { masked, openKey, type SigningKey } from "./signing-key.ts";
import { findWeakness, type Weakness, weaknessText } from "./strength.ts";

/** Paths are absolute. */
export type SigningRequest = {
  readonly file: string;
  /** May be `file` itself. */
  readonly output: string;
  /** A private key's path, or its PKCS#11 URI. */
  readonly key: string;
  readonly certificate: string;
  readonly hash: "sha256" | "sha384" | "sha512";
  /** Take an existing signature off first. */
  readonly replace: boolean;
  /** Sign with what `strength.ts` calls weak, too. */
  readonly allowWeak: boolean;
};

export type Signed = {
  readonly output: string;
  readonly size: number;
  readonly sha256: string;
  /** What the signature covers: the output's first bytes. */
  readonly content: { readonly size: number; readonly sha256: string };
  readonly signature: { readonly offset: number; readonly size: number } & SignedData;
  readonly replaced: boolean;
  /** What was allowed. */
  readonly weakness: Weakness | undefined;
  readonly notContainer: Malformed | undefined;
  /** openssl's version. */
  readonly openssl: string;
};

/**
 * Signs a file as the kernel's `scripts/sign-file` does: a detached CMS message without attributes and certificates,
 * appended with the trailer. The same key gives the same bytes where the algorithm is deterministic (RSA).
 *
 * Errors: `signature-failed` for a file that is signed already, a key that cannot be used, is weak, does not belong to the certificate
 * or cannot sign with the hash; `tool-missing` without openssl, or without a way to a token.
 *
 * @param write puts the output in place
 * Source: Linux, scripts/sign-file.c.
 */
export async function signFile(
  request: SigningRequest,
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
  const { bytes, openssl, certificate } = message.value;
  const described = decodeSignedData(bytes, { base: content.length });
  if (!described.ok) return described;
  const weakness = findWeakness(described.value.signers, [keyFacts(certificate)]);
  if (weakness !== undefined && !request.allowWeak) {
    const detail = weaknessText(weakness);
    return err({ reason: "signature-failed", detail, file: request.certificate });
  }
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
    weakness,
    notContainer,
    openssl,
  });
}

/** Without any signature: a file may have been signed again by a tool that nests them. */
function unsigned(content: Uint8Array): Uint8Array {
  const split = splitSignature(content);
  return split.ok && split.value.signature !== undefined ? unsigned(split.value.content) : content;
}

type Message = {
  readonly bytes: Uint8Array;
  readonly openssl: string;
  /** The signer's, in PEM. */
  readonly certificate: string;
};

async function makeMessage(
  content: Uint8Array,
  { key: named, certificate, hash }: SigningRequest,
  context: SigningContext,
): Promise<Result<Message>> {
  const openssl = await requireOpenssl(context.discovery);
  if (!openssl.ok) return openssl;
  const { path, version } = openssl.value;
  const opened = await openKey(named, context.env);
  if (!opened.ok) return opened;
  const key = opened.value;
  const signers = await readInputs(key, certificate);
  if (!signers.ok) return signers;
  const way = key.token ? await pkcs11Words(path, definedVariables(context.env), context.discovery) : ok([]);
  if (!way.ok) return way;
  const signed = await inTemporaryFolder(async (folder) => {
    const contentFile = join(folder, "content");
    await writeFile(contentFile, content);
    const run = {
      file: path,
      args: [
        ...["cms", "-sign", "-binary", "-noattr", "-nocerts", "-md", hash],
        ...["-in", contentFile, "-outform", "DER"],
        ...["-signer", certificate, ...way.value, "-inkey", key.name],
        ...(key.secret === undefined ? [] : ["-passin", "stdin"]),
      ],
    };
    // By a pipe: other users see a command line, and the user's own programs its environment.
    return runOpenssl(context, key.secret === undefined ? run : { ...run, input: `${key.secret}\n` });
  });
  const [signer = ""] = signers.value;
  if (signed.ok) return ok({ bytes: signed.value.stdout, openssl: version, certificate: signer });
  return err(withoutSecret(signed.failure, key, { certificate, hash }));
}

/** What openssl said, in our words where it is about key or certificate, and with the PIN masked if it repeats it. */
function withoutSecret(
  failure: Failure,
  key: SigningKey,
  { certificate, hash }: Pick<SigningRequest, "certificate" | "hash">,
): Failure {
  if (failure.reason !== "tool-failed") return failure;
  const log = masked(failure.log, key.secret);
  const complaint = keyComplaint(log, { certificate, hash, token: key.token, pin: key.secretFrom });
  if (complaint === undefined) return { ...failure, log };
  const file = complaint.about === "key" ? key.shown : certificate;
  const { about: _, ...told } = complaint;
  return { reason: "signature-failed", file, ...told };
}

/**
 * A file that is not there is told as one, and not in openssl's words.
 *
 * @returns the certificates; openssl signs with the first
 */
async function readInputs(key: SigningKey, certificate: string): Promise<Result<readonly string[]>> {
  if (!key.token) {
    try {
      await access(key.name, constants.R_OK);
    } catch (error) {
      return err(fileFailed("read", key.name, error));
    }
  }
  const pem = await readCertificates(certificate);
  return pem.ok ? ok(splitCertificates(pem.value)) : pem;
}
