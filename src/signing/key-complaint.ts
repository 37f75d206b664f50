/** What openssl said about a key or certificate, in a sentence that tells what to do. */
export type KeyComplaint = {
  readonly about: "key" | "certificate";
  readonly detail: string;
  /** openssl's own words, where ours may not tell all. */
  readonly log?: string;
};

/**
 * Reads `openssl cms -sign`'s stderr, as OpenSSL 3.0 to 3.5 and the PKCS#11 engine and provider write it.
 *
 * @returns undefined for what is not about the key, the certificate or the hash
 */
export function keyComplaint(
  log: string,
  request: {
    readonly certificate: string;
    readonly hash: string;
    readonly token: boolean;
    readonly pin: string;
  },
): KeyComplaint | undefined {
  const secret = request.token ? "PIN" : "passphrase";
  const says = (pattern: RegExp) => pattern.test(log);
  if (says(/private key does not match certificate|key values mismatch/)) {
    return { about: "key", detail: `is not the key of the certificate ${request.certificate}` };
  }
  if (
    says(
      /digest too big for rsa key|not supported for this key ?type|invalid digest|digest not allowed|invalid eddsa instance/i,
    )
  ) {
    return { about: "key", detail: `this key cannot sign with ${request.hash}`, log };
  }
  if (says(/signer certificate/)) {
    return { about: "certificate", detail: "openssl cannot read it as a certificate", log };
  }
  if (!says(/signing key|private key/i)) return undefined;
  if (says(/unable to get passphrase|while reading strings|No PIN code was entered|Enter PIN for/)) {
    return { about: "key", detail: `needs a ${secret}: give it by ${request.pin}` };
  }
  if (says(/bad decrypt|maybe wrong password|PIN incorrect|Login failed/)) {
    return { about: "key", detail: `the ${secret} in ${request.pin} is wrong` };
  }
  if (!request.token) return { about: "key", detail: "openssl cannot read it as a private key", log };
  // The provider says the same of both.
  const doubt = says(/engine/i) ? "" : `, or the PIN in ${request.pin} is wrong`;
  return { about: "key", detail: `openssl finds no such key in a token${doubt}`, log };
}
