import { alignUp } from "#bytes/align.ts";
import { ByteReader, decoding } from "#bytes/reader.ts";
import type { Malformed } from "#core/failure.ts";
import type { Result } from "#core/result.ts";
import type { PeFile } from "./types.ts";

/** One WIN_CERTIFICATE of the certificate table. */
export type PeCertificate = {
  /** From the start of the PE file. */
  readonly offset: number;
  /** dwLength: header and data, without the padding to 8 bytes. */
  readonly length: number;
  /** 0x0200 is the current revision. */
  readonly revision: number;
  /** wCertificateType: 1 X.509, 2 PKCS#7 SignedData (Authenticode), 0x0ef0 and 0x0ef1 of EFI. */
  readonly type: number;
  /** What follows the header, as a view; not looked into. */
  readonly data: Uint8Array;
};

const HEADER_SIZE = 8;
const ALIGNMENT = 8;

/**
 * The entries of the certificate table, none where the file has no table:
 *
 *     00 u32 dwLength  04 u16 wRevision  06 u16 wCertificateType  08 data, padded to a multiple of 8
 *
 * Fails (`malformed`) on a length below 8 or beyond the table, and on bytes behind the last entry.
 *
 * @param options.base offset of the PE file in the outermost file, for failures
 *
 * Source: Microsoft, "PE Format", "The Attribute Certificate Table".
 */
export function peCertificates(
  pe: PeFile,
  options: { readonly base?: number } = {},
): Result<readonly PeCertificate[], Malformed> {
  return decoding(() => {
    const table = pe.certificates;
    if (table === undefined) return [];
    const reader = new ByteReader(table.data, {
      format: pe.format,
      section: "certificate table",
      base: (options.base ?? 0) + table.offset,
    });
    const certificates: PeCertificate[] = [];
    let at = 0;
    while (at < reader.length) {
      const length = reader.u32(at);
      if (length < HEADER_SIZE || length > reader.length - at) {
        reader.fail(at, `certificate of ${length} bytes, ${reader.length - at} left`);
      }
      certificates.push({
        offset: table.offset + at,
        length,
        revision: reader.u16(at + 4),
        type: reader.u16(at + 6),
        data: reader.slice(at + HEADER_SIZE, length - HEADER_SIZE),
      });
      at += alignUp(length, ALIGNMENT);
    }
    return certificates;
  });
}
