import { ByteReader, decoding } from "#bytes/reader.ts";
import type { Malformed } from "#core/failure.ts";
import type { Result } from "#core/result.ts";
import { need, serialText } from "./cms.ts";
import { derElements, TAG } from "./der.ts";
import { nameText } from "./distinguished-name.ts";

/** What signers name a certificate by, in the words of a decoded message. */
export type CertificateId = { readonly issuer: string; readonly serial: string };

/**
 * Reads the issuer and the serial number of a certificate in DER:
 *
 *     SEQUENCE { SEQUENCE { [0] version?, serial number, algorithm, issuer, ... }, ... }
 *
 * Source: RFC 5280, section 4.1.
 */
export function decodeCertificateId(der: Uint8Array): Result<CertificateId, Malformed> {
  return decoding(() => {
    const reader = new ByteReader(der, {
      format: "X.509",
      section: "certificate",
      base: 0,
      littleEndian: false,
    });
    const whole = need(reader, derElements(reader, "certificate")[0], TAG.sequence, "certificate");
    const body = need(whole, derElements(whole, "certificate")[0], TAG.sequence, "tbsCertificate");
    const fields = derElements(body, "tbsCertificate");
    const [serial, , issuer] = fields[0]?.tag === TAG.constructed0 ? fields.slice(1) : fields;
    return {
      issuer: nameText(need(body, issuer, TAG.sequence, "issuer")),
      serial: serialText(need(body, serial, TAG.integer, "serial number")),
    };
  });
}
