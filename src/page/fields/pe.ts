import { decodePe } from "#formats/pe/pe-file.ts";
import { isZboot } from "#formats/zboot/zboot.ts";
import { type Field, headerFields, type Row } from "./field.ts";

const PE_FORMAT = "Microsoft PE/COFF specification";

const ZBOOT: readonly Row[] = [
  [0x00, 4, "magic", "text", "MZ: EFI takes it for a PE file"],
  [0x04, 4, "type", "text", "zimg: an EFI zboot image"],
  [0x08, 4, "payload offset", "hex", "where the compressed kernel begins, from the file's start"],
  [0x0c, 4, "payload size", "number", "bytes of the compressed kernel; exactly these are sent"],
  [0x10, 8, "reserved", "bytes", "unused"],
  [0x18, 32, "compression", "text", "name of the compression, NUL-terminated"],
  [0x38, 4, "Linux PE magic", "hex", "0x818223cd in images made by Linux"],
  [0x3c, 4, "PE header offset", "hex", "where the PE signature stands"],
];

const DOS: readonly Row[] = [
  [0x00, 2, "e_magic", "text", "MZ"],
  [0x3c, 4, "e_lfanew", "hex", "where the PE signature stands"],
];

const COFF: readonly Row[] = [
  [0, 4, "signature", "text", "PE, two NULs"],
  [4, 2, "Machine", "hex", "the processor that it is for"],
  [6, 2, "NumberOfSections", "number", "entries of the section table"],
  [8, 4, "TimeDateStamp", "hex", "seconds since 1970, or a hash"],
  [12, 4, "PointerToSymbolTable", "hex", "COFF symbols; 0 for none"],
  [16, 4, "NumberOfSymbols", "number", ""],
  [20, 2, "SizeOfOptionalHeader", "number", "bytes between this header and the section table"],
  [22, 2, "Characteristics", "hex", ""],
];

const OPTIONAL: readonly Row[] = [
  [0, 2, "Magic", "hex", "0x20b is PE32+, 0x10b PE32"],
  [16, 4, "AddressOfEntryPoint", "hex", "where EFI begins, from the image's base"],
  [32, 4, "SectionAlignment", "hex", "of sections in memory"],
  [36, 4, "FileAlignment", "hex", "of sections in the file"],
  [56, 4, "SizeOfImage", "hex", "bytes in memory"],
  [60, 4, "SizeOfHeaders", "hex", "bytes of all headers in the file"],
  [64, 4, "CheckSum", "hex", "0 where it was not calculated"],
  [68, 2, "Subsystem", "number", "10 is an EFI application"],
];

const SECTION: readonly Row[] = [
  [0, 8, "Name", "text", "no NUL where it takes all eight bytes"],
  [8, 4, "VirtualSize", "number", "bytes that the section stands for"],
  [12, 4, "VirtualAddress", "hex", "from the image's base"],
  [16, 4, "SizeOfRawData", "number", "bytes in the file; what counts is the smaller of both sizes"],
  [20, 4, "PointerToRawData", "hex", "from the file's start"],
  [36, 4, "Characteristics", "hex", ""],
];
const SECTION_HEADER = 40;
/** Sections whose headers are told field by field. */
const MOST = 2048;

const MACHINES: Readonly<Record<string, string>> = {
  "0x8664": "x86-64",
  "0xaa64": "arm64",
  "0x5064": "RISC-V 64",
  "0x6264": "LoongArch 64",
};

/** Headers of PE files: zboot images, UKIs, kernels with an EFI stub. */
export function peFields(bytes: Uint8Array): readonly Field[] {
  const dos = isZboot(bytes)
    ? headerFields(bytes, 0, {
        group: "zboot header",
        source: "drivers/firmware/efi/libstub/zboot-header.S",
        rows: ZBOOT,
      })
    : headerFields(bytes, 0, { group: "DOS header", source: PE_FORMAT, rows: DOS });
  const pe = decodePe(bytes);
  if (!pe.ok) return dos;
  const { signatureOffset, optionalHeader, sectionTableOffset, sections } = pe.value;
  const machine = (value: bigint) => MACHINES[`0x${value.toString(16)}`] ?? "unknown";
  return [
    ...dos,
    ...headerFields(
      bytes,
      signatureOffset,
      { group: "COFF header", source: PE_FORMAT, rows: COFF },
      { Machine: machine },
    ),
    ...headerFields(bytes, optionalHeader.offset, {
      group: "optional header",
      source: PE_FORMAT,
      rows: OPTIONAL,
    }),
    ...sections.slice(0, MOST).flatMap(({ index, name }) =>
      headerFields(bytes, sectionTableOffset + SECTION_HEADER * index, {
        group: `section header ${index} ${name}`,
        source: PE_FORMAT,
        rows: SECTION,
      }),
    ),
  ];
}
