import { ByteReader, decoding } from "#bytes/reader.ts";
import type { Malformed } from "#core/failure.ts";
import type { Result } from "#core/result.ts";
import { type DerElement, derElements, derOid, TAG } from "./der.ts";
import { nameText } from "./distinguished-name.ts";

/** What a signature says of itself. Nothing of it is proven until openssl or a kernel has verified it. */
export type SignedData = {
  readonly signers: readonly Signer[];
  /** Certificates that the message carries; `scripts/sign-file` leaves them out. */
  readonly certificates: number;
  /** The content is not in the message: what an appended signature must be. */
  readonly detached: boolean;
};

/** Names the certificate by its issuer and serial number, or by its subject key identifier. */
export type Signer = (
  | { readonly issuer: string /** Hexadecimal, upper case. */; readonly serial: string }
  | { readonly keyId: string }
) & {
  /** `sha256`; the object identifier of a hash that is not known here. */
  readonly hash: string;
  /** `RSA`, `ECDSA with SHA-256`; the object identifier where it is not known here. */
  readonly algorithm: string;
  /** The signature is over attributes (signing time, …) and not over the content itself. */
  readonly attributes: boolean;
  /** Of the signature proper, in bytes. */
  readonly size: number;
};

/** What the same message begins with as text. */
const PEM = Buffer.from("-----BEGIN ", "latin1");

const SIGNED_DATA = "1.2.840.113549.1.7.2";

const HASHES: Readonly<Record<string, string>> = {
  "1.2.840.113549.2.4": "md4",
  "1.2.840.113549.2.5": "md5",
  "1.3.36.3.2.1": "ripemd160",
  "1.3.14.3.2.26": "sha1",
  "2.16.840.1.101.3.4.2.1": "sha256",
  "2.16.840.1.101.3.4.2.2": "sha384",
  "2.16.840.1.101.3.4.2.3": "sha512",
  "2.16.840.1.101.3.4.2.4": "sha224",
  "2.16.840.1.101.3.4.2.7": "sha3-224",
  "2.16.840.1.101.3.4.2.8": "sha3-256",
  "2.16.840.1.101.3.4.2.9": "sha3-384",
  "2.16.840.1.101.3.4.2.10": "sha3-512",
  "1.2.156.10197.1.401": "sm3",
  "1.2.643.7.1.1.2.2": "streebog256",
  "1.2.643.7.1.1.2.3": "streebog512",
};

const ALGORITHMS: Readonly<Record<string, string>> = {
  "1.2.840.113549.1.1.1": "RSA",
  "1.2.840.113549.1.1.4": "RSA with MD5",
  "1.2.840.113549.1.1.5": "RSA with SHA-1",
  "1.2.840.113549.1.1.10": "RSASSA-PSS",
  "1.2.840.113549.1.1.11": "RSA with SHA-256",
  "1.2.840.113549.1.1.12": "RSA with SHA-384",
  "1.2.840.113549.1.1.13": "RSA with SHA-512",
  "1.2.840.10045.4.1": "ECDSA with SHA-1",
  "1.2.840.10045.4.3.1": "ECDSA with SHA-224",
  "1.2.840.10045.4.3.2": "ECDSA with SHA-256",
  "1.2.840.10045.4.3.3": "ECDSA with SHA-384",
  "1.2.840.10045.4.3.4": "ECDSA with SHA-512",
  "2.16.840.1.101.3.4.3.2": "DSA with SHA-256",
  "2.16.840.1.101.3.4.3.10": "ECDSA with SHA3-256",
  "2.16.840.1.101.3.4.3.11": "ECDSA with SHA3-384",
  "2.16.840.1.101.3.4.3.12": "ECDSA with SHA3-512",
  "2.16.840.1.101.3.4.3.17": "ML-DSA-44",
  "2.16.840.1.101.3.4.3.18": "ML-DSA-65",
  "2.16.840.1.101.3.4.3.19": "ML-DSA-87",
  "1.3.101.112": "Ed25519",
};

/**
 * Decodes a CMS (PKCS#7) SignedData message in DER as far as users want to see it:
 *
 *     SEQUENCE { OID signedData, [0] SEQUENCE {
 *       version, SET of hashes, SEQUENCE { OID, [0] content? }, [0] certificates?, [1] CRLs?, SET of signers } }
 *
 * @param options.base offset of the message in the outermost file, for failures
 *
 * Source: RFC 5652, sections 3 and 5; RFC 2315 is the same for what is read here.
 */
export function decodeSignedData(
  bytes: Uint8Array,
  options: { readonly base?: number } = {},
): Result<SignedData, Malformed> {
  return decoding(() => {
    const reader = new ByteReader(bytes, {
      format: "CMS",
      section: "message",
      base: options.base ?? 0,
      littleEndian: false,
    });
    if (PEM.equals(bytes.subarray(0, PEM.length))) reader.fail(0, "PEM text, must be DER");
    const [message, behind] = derElements(reader, "message");
    if (behind !== undefined) reader.fail(behind.offset, "bytes behind the message");
    const [type, wrapped] = fields(need(reader, message, TAG.sequence, "message"), "message");
    const oid = derOid(need(reader, type, TAG.oid, "content type"));
    if (oid !== SIGNED_DATA) reader.fail(0, `content type ${oid} is not signedData`);
    const [data] = fields(need(reader, wrapped, TAG.constructed0, "content"), "signedData");
    return signedData(need(reader, data, TAG.sequence, "signedData"));
  });
}

function signedData(reader: ByteReader): SignedData {
  const [version, hashes, content, ...rest] = fields(reader, "signedData");
  need(reader, version, TAG.integer, "version");
  need(reader, hashes, TAG.set, "hashes");
  const [, inside] = fields(need(reader, content, TAG.sequence, "content"), "content");
  const certificates = rest.find(({ tag }) => tag === TAG.constructed0);
  const signers = need(reader, rest.at(-1), TAG.set, "signers");
  return {
    signers: fields(signers, "signer").map((element) =>
      signer(need(signers, element, TAG.sequence, "signer")),
    ),
    certificates: certificates === undefined ? 0 : fields(certificates.content, "certificates").length,
    detached: inside === undefined,
  };
}

function signer(reader: ByteReader): Signer {
  const [version, id, hash, ...rest] = fields(reader, "signer");
  need(reader, version, TAG.integer, "version");
  const attributes = rest[0]?.tag === TAG.constructed0;
  const [algorithm, signature] = attributes ? rest.slice(1) : rest;
  return {
    ...signerId(reader, id),
    hash: named(algorithmOid(reader, hash, "hash"), HASHES),
    algorithm: named(algorithmOid(reader, algorithm, "algorithm"), ALGORITHMS),
    attributes,
    size: need(reader, signature, TAG.octetString, "signature").length,
  };
}

function signerId(
  reader: ByteReader,
  id: DerElement | undefined,
): { issuer: string; serial: string } | { keyId: string } {
  if (id?.tag === TAG.primitive0) return { keyId: hex(id.content) };
  const both = need(reader, id, TAG.sequence, "signer's name");
  const [issuer, serial] = fields(both, "signer's name");
  return {
    issuer: nameText(need(both, issuer, TAG.sequence, "issuer")),
    serial: serialText(need(both, serial, TAG.integer, "serial number")),
  };
}

function algorithmOid(reader: ByteReader, element: DerElement | undefined, what: string): string {
  const algorithm = need(reader, element, TAG.sequence, what);
  return derOid(need(algorithm, fields(algorithm, what)[0], TAG.oid, what));
}

function fields(reader: ByteReader, section: string): readonly DerElement[] {
  return derElements(reader, section);
}

/** Hexadecimal, upper case, without the octet that keeps it positive. */
export function serialText(serial: ByteReader): string {
  return hex(serial).replace(/^00(?=.)/, "");
}

/** The element's content; the decoding fails where it is missing or of another type. */
export function need(
  reader: ByteReader,
  element: DerElement | undefined,
  tag: number,
  what: string,
): ByteReader {
  if (element === undefined) return reader.fail(reader.length, `no ${what}`);
  if (element.tag !== tag) {
    const wanted = `0x${tag.toString(16)}`;
    reader.fail(element.offset, `${what} has tag 0x${element.tag.toString(16)}, must have ${wanted}`);
  }
  return element.content;
}

const named = (oid: string, names: Readonly<Record<string, string>>): string => names[oid] ?? oid;
const hex = (content: ByteReader): string => Buffer.from(content.bytes).toString("hex").toUpperCase();
