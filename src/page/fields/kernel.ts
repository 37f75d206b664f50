import { isBzImage } from "#formats/bzimage/bzimage.ts";
import { type Field, headerFields, type Row } from "./field.ts";

const ARM64: readonly Row[] = [
  [0x00, 8, "code", "bytes", "branches to the kernel; begins with MZ where there is an EFI stub"],
  [0x08, 8, "text_offset", "hex", "where the kernel wants to lie, from a 2 MiB boundary"],
  [0x10, 8, "image_size", "hex", "bytes in memory; 0 up to Linux 3.16"],
  [0x18, 8, "flags", "hex", "bit 0 big-endian, bits 1-2 page size, bit 3 anywhere in memory"],
  [0x38, 4, "magic", "text", "ARM and 0x64"],
  [0x3c, 4, "PE header offset", "hex", "where the PE signature stands"],
];

const RISCV: readonly Row[] = [
  [0x00, 8, "code", "bytes", "branches to the kernel"],
  [0x08, 8, "text_offset", "hex", "where the kernel wants to lie"],
  [0x10, 8, "image_size", "hex", "bytes in memory"],
  [0x18, 8, "flags", "hex", "bit 0 big-endian"],
  [0x20, 4, "version", "hex", "of this header"],
  [0x30, 8, "magic", "text", "RISCV; deprecated"],
  [0x38, 4, "magic2", "text", "RSC and 0x05"],
  [0x3c, 4, "PE header offset", "hex", "where the PE signature stands"],
];

const LOONGARCH: readonly Row[] = [
  [0x00, 2, "magic", "text", "MZ"],
  [0x08, 8, "entry", "hex", "physical address of the entry point"],
  [0x10, 8, "image_size", "hex", "bytes in memory"],
  [0x18, 8, "load_offset", "hex", "where the kernel wants to lie"],
  [0x38, 4, "Linux PE magic", "hex", "0x818223cd"],
  [0x3c, 4, "PE header offset", "hex", "where the PE signature stands"],
];

const BZIMAGE: readonly Row[] = [
  [0x1f1, 1, "setup_sects", "number", "sectors of the real-mode code; 0 means 4"],
  [0x1fe, 2, "boot_flag", "hex", "0xaa55"],
  [0x202, 4, "header", "text", "HdrS"],
  [0x206, 2, "version", "hex", "of the boot protocol"],
  [0x211, 1, "loadflags", "hex", ""],
  [0x238, 4, "cmdline_size", "number", "longest command line"],
  [0x236, 2, "xloadflags", "hex", ""],
  [0x248, 4, "payload_offset", "hex", "the compressed kernel, from the protected-mode code"],
  [0x24c, 4, "payload_length", "number", "its bytes"],
  [0x260, 4, "init_size", "hex", "bytes that it needs to begin with"],
];

/** Magic numbers at 0x38 of kernels' own headers. */
const HEADERS = [
  [0x644d5241, { group: "arm64 Image header", source: "Documentation/arch/arm64/booting.rst", rows: ARM64 }],
  [
    0x05435352,
    { group: "RISC-V Image header", source: "Documentation/arch/riscv/boot-image-header.rst", rows: RISCV },
  ],
] as const;

const LINUX_PE = 0x818223cd;
const LOONGARCH_HEADER = {
  group: "LoongArch Image header",
  source: "Documentation/arch/loongarch/booting.rst",
  rows: LOONGARCH,
} as const;

const SETUP_HEADER = {
  group: "setup header",
  source: "Documentation/arch/x86/boot.rst",
  rows: BZIMAGE,
} as const;

/** Headers that kernels themselves have; none where the file is not a plain kernel. */
export function kernelFields(bytes: Uint8Array): readonly Field[] {
  const header = headerOf(bytes);
  return header === undefined ? [] : headerFields(bytes, 0, header);
}

/** Whether bytes begin with a header that a kernel itself has. */
export function isPlainKernel(bytes: Uint8Array): boolean {
  return headerOf(bytes) !== undefined;
}

function headerOf(bytes: Uint8Array) {
  if (isBzImage(bytes)) return SETUP_HEADER;
  if (bytes.length < 0x40) return undefined;
  const magic = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0x38, true);
  for (const [known, header] of HEADERS) if (magic === known) return header;
  const isZimg = bytes[4] === 0x7a && bytes[5] === 0x69;
  return magic === LINUX_PE && !isZimg ? LOONGARCH_HEADER : undefined;
}
