import { ByteReader, decoding } from "#bytes/reader.ts";
import type { Malformed, Unsupported } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";

/** What stands at the very end of a signed file. */
const MAGIC = Buffer.from("~Module signature appended~\n", "latin1");
const RECORD_SIZE = 12;
/** enum pkey_id_type: the only kind of signature that kernels since 4.3 take. */
const PKCS7 = 2;

export type SplitFile = {
  /** What is signed, as a view: the whole file where it has no signature. */
  readonly content: Uint8Array;
  readonly signature: AppendedSignature | undefined;
};

export type AppendedSignature = {
  /** A PKCS#7 message in DER, as a view; not looked into. */
  readonly data: Uint8Array;
  /** Of `data`, in the outermost file. */
  readonly offset: number;
};

/**
 * Splits a file from the signature that `scripts/sign-file` appends to kernel modules, and signers of kernels
 * and containers alike:
 *
 *     content  signature  00 algo  01 hash  02 id_type  03 signer_len  04 key_id_len  05 pad[3]  08 u32 sig_len (big-endian)
 *     "~Module signature appended~\n"
 *
 * A file that does not end with the text is unsigned. One that does must have a whole record before it:
 * `malformed` where sig_len is 0 or leaves no content, or where a field that PKCS#7 has no use for is not 0;
 * `unsupported` where id_type is another than PKCS#7 (the kernel's -ENOPKG).
 *
 * @param options.base offset of the file in the outermost one, for failures
 *
 * Source: Linux, include/linux/module_signature.h, kernel/module_signature.c (mod_check_sig).
 */
export function splitSignature(
  bytes: Uint8Array,
  options: { readonly base?: number } = {},
): Result<SplitFile, Malformed | Unsupported> {
  const base = options.base ?? 0;
  const magicAt = bytes.length - MAGIC.length;
  if (magicAt < 0 || !MAGIC.equals(bytes.subarray(magicAt)))
    return ok({ content: bytes, signature: undefined });
  const decoded = decoding(() => {
    const file = new ByteReader(bytes, {
      format: "signature",
      section: "trailer",
      base,
      littleEndian: false,
    });
    const recordAt = magicAt - RECORD_SIZE;
    if (recordAt < 0) file.fail(0, `${magicAt} bytes before the text, the record has ${RECORD_SIZE}`);
    const record = file.part("trailer", recordAt, RECORD_SIZE);
    const type = record.u8(2);
    if (type !== PKCS7) return otherType(type);
    for (const [offset, field] of ZERO_FIELDS) {
      if (record.u8(offset) !== 0) record.fail(offset, `${field} is ${record.u8(offset)}, must be 0`);
    }
    const length = record.u32(8);
    if (length === 0) record.fail(8, "sig_len is 0");
    if (length >= recordAt) record.fail(8, `sig_len ${length} with ${recordAt} bytes before the trailer`);
    const offset = recordAt - length;
    return ok<SplitFile>({
      content: bytes.subarray(0, offset),
      signature: { data: bytes.subarray(offset, recordAt), offset: base + offset },
    });
  });
  return decoded.ok ? decoded.value : decoded;
}

const ZERO_FIELDS = [
  [0, "algo"],
  [1, "hash"],
  [3, "signer_len"],
  [4, "key_id_len"],
  [5, "pad[0]"],
  [6, "pad[1]"],
  [7, "pad[2]"],
] as const;

function otherType(type: number): Result<never, Unsupported> {
  const detail = `id_type ${type}, kernels take only PKCS#7 (${PKCS7})`;
  return err({ reason: "unsupported", what: "appended signature", detail });
}

/**
 * Appends a PKCS#7 message to the content, as `scripts/sign-file` does. Signing twice nests: the second
 * signature then covers the first.
 *
 * @throws on an empty content or message, of which no reader would take the result
 */
export function appendSignature(content: Uint8Array, message: Uint8Array): Uint8Array {
  if (content.length === 0 || message.length === 0) throw new RangeError("nothing to sign, or no signature");
  const record = new Uint8Array(RECORD_SIZE);
  record[2] = PKCS7;
  new DataView(record.buffer).setUint32(8, message.length, false);
  return Buffer.concat([content, message, record, MAGIC]);
}
