import { alignUp } from "#bytes/align.ts";
import { ByteWriter } from "#bytes/writer.ts";

const HEADER_SIZE = 8;
const ALIGNMENT = 8;
const REVISION = 0x0200;
const PKCS7 = 2;

/** A WIN_CERTIFICATE around an Authenticode signature, padded with zeros to 8 bytes. */
export function encodeCertificate(data: Uint8Array): Uint8Array {
  const length = HEADER_SIZE + data.length;
  return new ByteWriter(alignUp(length, ALIGNMENT))
    .u32(0, length)
    .u16(4, REVISION)
    .u16(6, PKCS7)
    .put(HEADER_SIZE, data).bytes;
}
