import { ByteWriter } from "#bytes/writer.ts";
import { encodePe, PE_SECTION_FLAGS } from "#formats/pe/encode.ts";
import { PE_MACHINE } from "#formats/pe/machines.ts";

/** The architectures whose kernels are built as zboot images. */
export type ZbootArch = "arm64" | "riscv" | "loongarch";

export type ZbootInput = {
  readonly arch: ZbootArch;
  /** As the header shall name it: `gzip`, `lz4`, `lzma`, `lzo`, `xzkern`, `zstd`, `zstd22`; at most 31 characters of ASCII. */
  readonly compression: string;
  /** The compressed stream, not empty. */
  readonly payload: Uint8Array;
  /** Bytes, for the size that the kernel build appends to every stream but gzip's; undefined appends none. */
  readonly uncompressedSize: number | undefined;
  /** Whether 0x38 holds 0x818223cd, as since Linux 6.2. Default true. */
  readonly linuxPeMagic?: boolean;
};

const HEADER_SIZE = 64;
const COMPRESSION_AT = 0x18;
const COMPRESSION_SIZE = 32;
const LINUX_PE_MAGIC = 0x818223cd;
const PAYLOAD_ALIGNMENT = 16;
/** Headers of 64 + 184 bytes and two sections fit the first 0x200 of the file, where .text then begins. */
const TEXT_OFFSET = 0x200;

/** Code that returns EFI_UNSUPPORTED (3 with the top bit set) to whoever starts the image. */
const STUBS: { readonly [arch in ZbootArch]: readonly number[] } = {
  arm64: [0xd2800060, 0xf2f00000, 0xd65f03c0], // mov x0, #3; movk x0, #0x8000, lsl #48; ret
  riscv: [0xfff00513, 0x03f51513, 0x00350513, 0x00008067], // li a0, -1; slli a0, a0, 63; addi a0, a0, 3; ret
  loongarch: [0x02fffc04, 0x0041fc84, 0x02c00c84, 0x4c000020], // the same: addi.d, slli.d, addi.d, jirl
};

/**
 * Writes an EFI zboot image for fixtures and experiments: a PE file whose DOS header is the zboot header, and whose `.text` holds a stub
 * that refuses to boot and then, before `_etext` like the kernel build's, the payload. The appended size is not counted in
 * payload_size. Kernels that take zboot images apart for kexec never run the stub.
 *
 * @throws on an empty payload and on a compression name that does not fit
 *
 * Source: Linux, drivers/firmware/efi/libstub/zboot-header.S, zboot.lds, Makefile.zboot.
 */
export function encodeZboot(input: ZbootInput): Uint8Array {
  const { compression, payload, uncompressedSize } = input;
  if (payload.length === 0) throw new RangeError("an empty payload");
  if (compression.length === 0 || compression.length >= COMPRESSION_SIZE) {
    throw new RangeError(`compression name ${JSON.stringify(compression)}`);
  }
  const trailer = compression === "gzip" || uncompressedSize === undefined ? 0 : 4;
  const text = new ByteWriter(PAYLOAD_ALIGNMENT + payload.length + trailer);
  STUBS[input.arch].forEach((word, i) => {
    text.u32(i * 4, word);
  });
  text.put(PAYLOAD_ALIGNMENT, payload);
  if (trailer > 0) text.u32(PAYLOAD_ALIGNMENT + payload.length, (uncompressedSize ?? 0) >>> 0);

  const header = zbootHeader({
    payloadOffset: TEXT_OFFSET + PAYLOAD_ALIGNMENT,
    payloadSize: payload.length,
    compression,
    ...(input.linuxPeMagic === undefined ? {} : { linuxPeMagic: input.linuxPeMagic }),
  });
  const { CODE, INITIALIZED_DATA, EXECUTE, READ, WRITE } = PE_SECTION_FLAGS;
  return encodePe({
    machine: PE_MACHINE[input.arch],
    dosHeader: header,
    entrySection: 0,
    sections: [
      { name: ".text", data: text.bytes, characteristics: CODE + EXECUTE + READ },
      { name: ".data", data: new Uint8Array(TEXT_OFFSET), characteristics: INITIALIZED_DATA + READ + WRITE },
    ],
  });
}

/** The 64 bytes of a zboot header, e_lfanew left at 0. The compression's name is at most 31 characters of ASCII. */
export function zbootHeader(input: {
  readonly payloadOffset: number;
  readonly payloadSize: number;
  readonly compression: string;
  readonly linuxPeMagic?: boolean;
}): Uint8Array {
  return new ByteWriter(HEADER_SIZE)
    .put(0, Buffer.from("MZ\0\0zimg", "latin1"))
    .u32(0x08, input.payloadOffset)
    .u32(0x0c, input.payloadSize)
    .put(COMPRESSION_AT, Buffer.from(input.compression, "latin1"))
    .u32(0x38, (input.linuxPeMagic ?? true) ? LINUX_PE_MAGIC : 0).bytes;
}
