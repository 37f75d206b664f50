import { err, ok, type Result } from "#core/result.ts";
import { readInput } from "#files/input-file.ts";

const PEM = /-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----[^-]+-----END \1-----/g;
/** Tag of the SEQUENCE that a certificate in DER is. */
const SEQUENCE = 0x30;
/** A file of all certificates of a distribution has some hundred kilobytes. */
const LARGEST = 16 * 1024 * 1024;

/**
 * The certificates of a file, PEM or DER, as PEM text: openssl takes trusted ones in no other form. What is in
 * them is openssl's to judge.
 */
export async function readCertificates(file: string): Promise<Result<string>> {
  const content = await readInput(file, LARGEST);
  if (!content.ok) return content;
  const bytes = Buffer.from(content.value);
  // And nothing else: a kernel's signing_key.pem has the private key in it too.
  const blocks = bytes.toString("latin1").match(PEM);
  if (blocks !== null) return ok(`${blocks.join("\n")}\n`);
  if (bytes[0] !== SEQUENCE) {
    const detail = "neither PEM nor DER";
    return err({ reason: "malformed", format: "X.509", section: "certificate", offset: 0, detail, file });
  }
  const lines = bytes.toString("base64").replace(/.{64}(?=.)/g, "$&\n");
  return ok(`-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`);
}

/** Each one of a PEM text's. */
export function splitCertificates(pem: string): readonly string[] {
  return pem.match(PEM) ?? [];
}

/** The DER that a certificate in PEM stands for. */
export function certificateBytes(pem: string): Uint8Array {
  return Buffer.from(pem.replace(/-----[^-]+-----/g, ""), "base64");
}
