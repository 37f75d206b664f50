import { type ByteReader, latin1 } from "#bytes/reader.ts";
import { type FoundPart, partOf } from "./parts.ts";

/** The header is taken as a whole, up to and with the offset of the PE header that ends it. */
const HEADER_BYTES = 0x40;

/**
 * The payload of the zboot file that `file` spans:
 *
 *     00 "MZ"  04 "zimg"  08 u32 payload offset  0c u32 payload size
 *
 * Nothing else of the header is looked at: not the compression's name (the kernel goes by the stream's own
 * magic number), not 0x818223cd. The payload may begin anywhere in the file, the header included.
 * Ends the decoding otherwise.
 *
 * Source: Linux, drivers/firmware/efi/libstub/zboot-header.S.
 */
export function zbootPayload(file: ByteReader): FoundPart {
  const header = file.part("DOS header", 0, HEADER_BYTES);
  if (latin1(header.slice(0, 2)) !== "MZ") header.fail(0, "no MZ magic");
  if (latin1(header.slice(4, 4)) !== "zimg") header.fail(4, "no zimg magic");
  const size = header.u32(0x0c);
  if (size === 0) header.fail(0x0c, "empty payload");
  const offset = BigInt(header.u32(0x08));
  return partOf(file, header, { offset, size: BigInt(size), offsetAt: 0x08, sizeAt: 0x0c });
}
