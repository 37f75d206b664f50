import { ByteReader, decoding } from "#bytes/reader.ts";
import type { Malformed } from "#core/failure.ts";
import type { Result } from "#core/result.ts";

/** The header of an uncompressed kernel image; sizes and offsets in bytes. */
export type ImageHeader = Arm64Image | RiscvImage | LoongarchImage;

type Common = {
  /** From the start of the header to the end of the kernel in memory, .bss included. */
  readonly imageSize: bigint;
  /** Where the PE signature stands; 0 in an image without an EFI stub. */
  readonly peOffset: number;
};

export type Arm64Image = Common & {
  readonly arch: "arm64";
  /** From a 2 MiB boundary; 0x80000 where the header predates image_size (kernels up to 3.16). */
  readonly textOffset: bigint;
  readonly bigEndian: boolean;
  /** Bytes, or undefined where the header does not say. */
  readonly pageSize: 4096 | 16384 | 65536 | undefined;
  /** Whether the kernel may be placed anywhere in memory rather than near its start. */
  readonly anywhere: boolean;
};

export type RiscvImage = Common & {
  readonly arch: "riscv";
  readonly textOffset: bigint;
  readonly bigEndian: boolean;
  /** Header version: major in the high 16 bits. */
  readonly version: number;
};

export type LoongarchImage = Common & {
  readonly arch: "loongarch";
  readonly entry: bigint;
  readonly loadOffset: bigint;
};

/** Every one of these headers ends here, its magic number at 0x38. */
const IMAGE_HEADER_SIZE = 64;

const MAGIC_AT = 0x38;
const ARM64_MAGIC = 0x644d5241; // "ARM\x64"
const RISCV_MAGIC = 0x05435352; // "RSC\x05"
const LINUX_PE_MAGIC = 0x818223cd;
const MZ = 0x5a4d;
const ZIMG = 0x676d697a;
const ARM64_PAGE_SIZES = [undefined, 4096, 16384, 65536] as const;

/**
 * Decodes the header of an arm64, RISC-V or LoongArch kernel image, all fields little-endian:
 *
 *     arm64      00 code[2]  08 text_offset  10 image_size  18 flags  38 "ARM\x64"  3c PE offset
 *     RISC-V     00 code[2]  08 text_offset  10 image_size  18 flags  20 version  38 "RSC\x05"  3c PE offset
 *     LoongArch  00 "MZ"     08 entry        10 image_size  18 load offset        38 0x818223cd  3c PE offset
 *
 * Fails (`malformed`) on anything else; a zboot image shares LoongArch's magic and is refused by its `zimg`.
 *
 * @param options.base offset of the image in the outermost file, for failures
 *
 * Source: Linux, Documentation/arch/arm64/booting.rst, arch/riscv/boot-image-header.rst,
 * arch/loongarch/booting.rst.
 */
export function decodeImage(
  bytes: Uint8Array,
  options: { readonly base?: number } = {},
): Result<ImageHeader, Malformed> {
  return decoding(() => {
    const header = new ByteReader(bytes.subarray(0, IMAGE_HEADER_SIZE), {
      format: "Image",
      section: "header",
      base: options.base ?? 0,
    });
    const magic = header.u32(MAGIC_AT);
    const peOffset = header.u32(0x3c);
    if (magic === ARM64_MAGIC) return arm64(header, peOffset);
    if (magic === RISCV_MAGIC) return riscv(header, peOffset);
    if (magic !== LINUX_PE_MAGIC || header.u16(0) !== MZ) {
      header.fail(MAGIC_AT, "no magic of an arm64, RISC-V or LoongArch image");
    }
    if (header.u32(4) === ZIMG) header.fail(4, "a zboot image, not the kernel image inside");
    return {
      arch: "loongarch",
      entry: header.u64(0x08),
      imageSize: header.u64(0x10),
      loadOffset: header.u64(0x18),
      peOffset,
    };
  });
}

function arm64(header: ByteReader, peOffset: number): Arm64Image {
  const imageSize = header.u64(0x10);
  const flags = header.u64(0x18);
  return {
    arch: "arm64",
    textOffset: imageSize === 0n ? 0x80000n : header.u64(0x08),
    imageSize,
    bigEndian: (flags & 1n) !== 0n,
    pageSize: ARM64_PAGE_SIZES[Number((flags >> 1n) & 3n)],
    anywhere: (flags & 8n) !== 0n,
    peOffset,
  };
}

function riscv(header: ByteReader, peOffset: number): RiscvImage {
  return {
    arch: "riscv",
    textOffset: header.u64(0x08),
    imageSize: header.u64(0x10),
    bigEndian: (header.u64(0x18) & 1n) !== 0n,
    version: header.u32(0x20),
    peOffset,
  };
}
