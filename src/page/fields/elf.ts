import { decodeElf } from "#formats/elf/elf-file.ts";
import { isElf } from "#formats/elf/header.ts";
import { type Field, headerFields, type Row } from "./field.ts";

const ABI = "System V ABI, chapter 4";

const HEADER: readonly Row[] = [
  [0x00, 4, "magic", "bytes", "0x7f ELF"],
  [0x04, 1, "class", "number", "2 is ELF64"],
  [0x05, 1, "data", "number", "1 is little-endian"],
  [0x06, 1, "version", "number", "1"],
  [0x10, 2, "e_type", "number", "1 relocatable, 2 executable, 3 shared"],
  [0x12, 2, "e_machine", "number", "62 x86-64, 183 arm64, 243 RISC-V, 247 BPF, 258 LoongArch"],
  [0x14, 4, "e_version", "number", "1"],
  [0x18, 8, "e_entry", "hex", "virtual address of the entry point"],
  [0x20, 8, "e_phoff", "hex", "program headers, from the file's start"],
  [0x28, 8, "e_shoff", "hex", "section headers, from the file's start"],
  [0x30, 4, "e_flags", "hex", ""],
  [0x34, 2, "e_ehsize", "number", "bytes of this header"],
  [0x36, 2, "e_phentsize", "number", "bytes of a program header"],
  [0x38, 2, "e_phnum", "number", "program headers"],
  [0x3a, 2, "e_shentsize", "number", "bytes of a section header: 64"],
  [0x3c, 2, "e_shnum", "number", "section headers"],
  [0x3e, 2, "e_shstrndx", "number", "the section that has the names"],
];

const SECTION: readonly Row[] = [
  [0x00, 4, "sh_name", "hex", "where its name begins among the names"],
  [0x04, 4, "sh_type", "number", "1 contents, 3 names, 8 nothing in the file"],
  [0x08, 8, "sh_flags", "hex", "2: takes memory"],
  [0x10, 8, "sh_addr", "hex", "address in memory"],
  [0x18, 8, "sh_offset", "hex", "contents, from the file's start"],
  [0x20, 8, "sh_size", "number", "bytes of the contents"],
  [0x28, 4, "sh_link", "number", ""],
  [0x2c, 4, "sh_info", "number", ""],
  [0x30, 8, "sh_addralign", "number", ""],
  [0x38, 8, "sh_entsize", "number", ""],
];
const SECTION_HEADER = 64;
/** Sections whose headers are told field by field. */
const MOST = 2048;

/** Headers of little-endian ELF64 files: envelopes, containers, vmlinux. */
export function elfFields(bytes: Uint8Array): readonly Field[] {
  if (!isElf(bytes) || bytes[4] !== 2 || bytes[5] !== 1) return [];
  const header = headerFields(bytes, 0, { group: "ELF header", source: ABI, rows: HEADER });
  const elf = decodeElf(bytes);
  if (!elf.ok || bytes.length < SECTION_HEADER) return header;
  const table = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0x28, true));
  return [
    ...header,
    ...elf.value.sections.slice(0, MOST).flatMap(({ name }, index) =>
      headerFields(bytes, table + SECTION_HEADER * index, {
        group: `section header ${index} ${name}`,
        source: ABI,
        rows: SECTION,
      }),
    ),
  ];
}
