import { X509Certificate } from "node:crypto";

/** What the strength of a certificate's key is measured by. */
export type KeyFacts =
  | { readonly type: "rsa" /** Of the modulus, in whole bytes as kernels count. */; readonly bits: number }
  | { readonly type: "ec" /** As OpenSSL names it. */; readonly curve: string }
  /** Neither, or nothing that this Node can read: ML-DSA before Node 24. */
  | { readonly type: "other" };

/** The key of a certificate in PEM, which openssl has read before. */
export function keyFacts(certificate: string): KeyFacts {
  const key = publicKey(certificate);
  const { modulusLength, namedCurve } = key?.asymmetricKeyDetails ?? {};
  if (modulusLength !== undefined) return { type: "rsa", bits: Math.ceil(modulusLength / 8) * 8 };
  return namedCurve === undefined ? { type: "other" } : { type: "ec", curve: namedCurve };
}

function publicKey(certificate: string): X509Certificate["publicKey"] | undefined {
  try {
    return new X509Certificate(certificate).publicKey;
  } catch {
    // Of a kind that came after this Node.
    return undefined;
  }
}
