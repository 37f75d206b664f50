import { ByteReader, decoding, latin1 } from "#bytes/reader.ts";
import type { Malformed } from "#core/failure.ts";
import type { Result } from "#core/result.ts";

/** An EFI zboot image: a PE file whose stub decompresses the kernel that it carries. */
export type ZbootImage = {
  /** The compressed kernel: exactly `payloadSize` bytes, as a view. */
  readonly payload: Uint8Array;
  readonly payloadOffset: number;
  readonly payloadSize: number;
  /** As the header writes it: `gzip`, `zstd22`, `xzkern`, … */
  readonly compression: string;
  /** Whether 0x818223cd stands at 0x38; trees before 6.2 leave that word zero. */
  readonly linuxPeMagic: boolean;
  /** Offset of the PE signature, not followed here (`decodePe` does). */
  readonly peOffset: number;
};

const MZ = 0x5a4d;
const ZIMG = 0x676d697a;
const LINUX_PE_MAGIC = 0x818223cd;
const HEADER_SIZE = 64;
const COMPRESSION_AT = 0x18;
const COMPRESSION_SIZE = 32;

/** Whether the bytes begin as a zboot image does; says nothing about the rest. */
export function isZboot(bytes: Uint8Array): boolean {
  return (
    bytes.length >= 8 && latin1(bytes.subarray(0, 2)) === "MZ" && latin1(bytes.subarray(4, 8)) === "zimg"
  );
}

/**
 * Decodes the DOS header of a zboot image, all fields little-endian:
 *
 *     00 "MZ" 0 0  04 "zimg"  08 payload offset  0c payload size  10 reserved[2]
 *     18 compression name, NUL-terminated, up to 32 bytes  38 Linux PE magic  3c PE header offset
 *
 * The payload size already leaves out the size that the kernel build appends to every stream but gzip's,
 * so the payload is taken whole. Fails (`malformed`) on an empty payload or one that is not inside the file.
 *
 * @param options.base offset of the image in the outermost file, for failures
 *
 * Source: Linux, drivers/firmware/efi/libstub/zboot-header.S.
 */
export function decodeZboot(
  bytes: Uint8Array,
  options: { readonly base?: number } = {},
): Result<ZbootImage, Malformed> {
  return decoding(() => {
    const file = new ByteReader(bytes, { format: "zboot", section: "DOS header", base: options.base ?? 0 });
    if (file.u16(0) !== MZ) file.fail(0, "no MZ magic");
    if (file.u32(4) !== ZIMG) file.fail(4, "no zimg magic");
    const header = file.part("DOS header", 0, Math.min(HEADER_SIZE, file.length));
    const payloadOffset = header.u32(0x08);
    const payloadSize = header.u32(0x0c);
    const name = header.slice(COMPRESSION_AT, COMPRESSION_SIZE);
    const nameEnd = name.indexOf(0);
    if (nameEnd < 0) header.fail(COMPRESSION_AT, "compression name without a terminating NUL");
    const magic = header.u32(0x38);
    const peOffset = header.u32(0x3c);

    if (payloadSize === 0) header.fail(0x0c, "empty payload");
    if (payloadSize > bytes.length || payloadOffset > bytes.length - payloadSize) {
      header.fail(0x08, `payload of ${payloadSize} bytes at ${payloadOffset} of a file of ${bytes.length}`);
    }
    return {
      payload: bytes.subarray(payloadOffset, payloadOffset + payloadSize),
      payloadOffset,
      payloadSize,
      compression: latin1(name.subarray(0, nameEnd)),
      linuxPeMagic: magic === LINUX_PE_MAGIC,
      peOffset,
    };
  });
}
