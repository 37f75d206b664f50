import { unreachable } from "#core/unreachable.ts";
import type { Signer } from "#formats/signature/cms.ts";
import type { KeyFacts } from "./public-key.ts";

/** Why a signature is not taken although it holds. */
export type Weakness =
  | { readonly kind: "hash"; readonly hash: string }
  | { readonly kind: "algorithm"; readonly algorithm: string }
  | { readonly kind: "rsa-key"; readonly bits: number }
  | { readonly kind: "curve"; readonly curve: string }
  | { readonly kind: "unmeasured-key" };

/** Those that kernels in FIPS mode take, too. docs/signing.md has the releases, and where they are written. */
const HASHES: readonly string[] = ["sha256", "sha384", "sha512", "sha3-256", "sha3-384", "sha3-512"];
/** RSA is named without a hash: kernels refuse `RSA with SHA-256` in a signature (pkcs7_sig_note_pkey_algo). */
const ALGORITHM = /^(?:RSA|ECDSA with SHA(?:-|3-)(?:256|384|512)|ML-DSA-(?:44|65|87))$/;
const RSA_BITS: readonly number[] = [2048, 3072, 4096];
/** NIST's P-256, P-384 and P-521. */
const CURVES: readonly string[] = ["prime256v1", "secp384r1", "secp521r1"];

/** What became of the hashes that kernels once took. */
const WEAK_HASHES: Readonly<Record<string, string>> = {
  md4: "kernels refuse it from 6.7 on",
  md5: "kernels refuse it from 6.7 on",
  sha1: "kernels 6.7 and 6.8 refuse it, and none from 7.0 on signs with it",
  sha224: "no kernel from 6.7 on signs with it",
};

/**
 * Measures signers and their keys by what kernels take. Whether the signature holds is another question.
 *
 * @returns the first weakness; undefined where there is none
 */
export function findWeakness(
  signers: readonly Pick<Signer, "hash" | "algorithm">[],
  keys: readonly KeyFacts[],
): Weakness | undefined {
  for (const { hash, algorithm } of signers) {
    if (!HASHES.includes(hash)) return { kind: "hash", hash };
    if (!ALGORITHM.test(algorithm)) return { kind: "algorithm", algorithm };
  }
  for (const key of keys) {
    if (key.type === "rsa" && !RSA_BITS.includes(key.bits)) return { kind: "rsa-key", bits: key.bits };
    if (key.type === "ec" && !CURVES.includes(key.curve)) return { kind: "curve", curve: key.curve };
  }
  // ML-DSA has no sizes but those in its name.
  const measured = keys.every(({ type }) => type !== "other");
  return measured || signers.some(isMlDsa) ? undefined : { kind: "unmeasured-key" };
}

/** Its signatures need attributes, as OpenSSL makes them; kernels allow for that. */
export function isMlDsa({ algorithm }: Pick<Signer, "algorithm">): boolean {
  return algorithm.startsWith("ML-DSA");
}

/** In words, with the way to take it all the same. */
export function weaknessText(weakness: Weakness): string {
  return `${why(weakness)}; --allow-weak takes it`;
}

/** In words. */
export function why(weakness: Weakness): string {
  switch (weakness.kind) {
    case "hash": {
      const known = WEAK_HASHES[weakness.hash];
      return known === undefined
        ? `no kernel takes the hash ${weakness.hash}`
        : `the hash ${weakness.hash} is weak: ${known}`;
    }
    case "algorithm":
      return `no kernel takes the algorithm ${weakness.algorithm} in a signature`;
    case "rsa-key":
      return weakness.bits < 2048
        ? `an RSA key of ${weakness.bits} bits is weak: 2048 are the least that a kernel in FIPS mode takes`
        : `no kernel takes an RSA key of ${weakness.bits} bits: only 2048, 3072 and 4096`;
    case "curve":
      return weakness.curve === "prime192v1"
        ? "a key on the curve P-192 is weak: a kernel in FIPS mode refuses it"
        : `no kernel takes a key on the curve ${weakness.curve}: only P-256, P-384 and P-521`;
    case "unmeasured-key":
      return "the signer's key is neither RSA nor ECDSA: how strong it is cannot be told";
    default:
      return unreachable(weakness);
  }
}
