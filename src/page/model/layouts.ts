/** One member of a header: name, offset and size in bytes, what it says. Little-endian numbers; `text` is shown as characters. */
export type Member = readonly [name: string, offset: number, size: number, meaning: string, form?: "text"];

/** A header as its specification lays it out. */
export type HeaderForm = {
  readonly name: string;
  /** The specification, or the kernel's file. */
  readonly source: string;
  readonly members: readonly Member[];
};

export const ZBOOT: HeaderForm = {
  name: "zboot header",
  source: "drivers/firmware/efi/libstub/zboot-header.S",
  members: [
    ["magic", 0x00, 2, "MZ: a DOS header", "text"],
    ["image type", 0x04, 4, "zimg: an EFI zboot image", "text"],
    ["payload offset", 0x08, 4, "where the compressed kernel begins, from the file's start"],
    ["payload size", 0x0c, 4, "bytes of the compressed kernel"],
    ["reserved", 0x10, 8, "two reserved words"],
    ["compression", 0x18, 32, "how the payload is compressed", "text"],
    ["Linux PE magic", 0x38, 4, "0x818223cd: an EFI stub of Linux"],
    ["PE offset", 0x3c, 4, "where the PE header begins"],
  ],
};

export const DOS: HeaderForm = {
  name: "DOS header",
  source: "PE format, MS-DOS stub",
  members: [
    ["e_magic", 0x00, 2, "MZ", "text"],
    ["e_lfanew", 0x3c, 4, "where the PE header begins"],
  ],
};

export const COFF: HeaderForm = {
  name: "PE file header",
  source: "PE format, COFF file header",
  members: [
    ["signature", 0, 4, "PE and two zero bytes", "text"],
    ["Machine", 4, 2, "0x8664 x86-64, 0xaa64 arm64, 0x5064 riscv64, 0x6264 loongarch64"],
    ["NumberOfSections", 6, 2, "headers in the section table"],
    ["TimeDateStamp", 8, 4, "0 in reproducible builds"],
    ["PointerToSymbolTable", 12, 4, "COFF symbols, 0 for none"],
    ["NumberOfSymbols", 16, 4, "COFF symbols"],
    ["SizeOfOptionalHeader", 20, 2, "bytes of the optional header; the section table follows it"],
    ["Characteristics", 22, 2, "flags of the file"],
  ],
};

export const OPTIONAL: HeaderForm = {
  name: "PE optional header",
  source: "PE format, optional header",
  members: [
    ["Magic", 0, 2, "0x10b PE32, 0x20b PE32+"],
    ["SizeOfCode", 4, 4, "bytes of code"],
    ["AddressOfEntryPoint", 16, 4, "where it starts, from the image base"],
    ["SectionAlignment", 32, 4, "of sections in memory"],
    ["FileAlignment", 36, 4, "of sections in the file"],
    ["SizeOfImage", 56, 4, "bytes in memory"],
    ["SizeOfHeaders", 60, 4, "bytes of all headers in the file"],
    ["CheckSum", 64, 4, "of the whole file; 0: not computed"],
    ["Subsystem", 68, 2, "10: EFI application"],
  ],
};

export const PE_SECTION: HeaderForm = {
  name: "section header",
  source: "PE format, section table",
  members: [
    ["Name", 0, 8, "without a NUL where all eight are used", "text"],
    ["VirtualSize", 8, 4, "bytes in memory; of a UKI's section, its data's length where smaller"],
    ["VirtualAddress", 12, 4, "from the image base"],
    ["SizeOfRawData", 16, 4, "bytes in the file"],
    ["PointerToRawData", 20, 4, "where its bytes are in the file"],
    ["Characteristics", 36, 4, "flags of the section"],
  ],
};

export const ELF: HeaderForm = {
  name: "ELF header",
  source: "ELF-64 object file format",
  members: [
    ["e_ident magic", 0, 4, "0x7f ELF", "text"],
    ["EI_CLASS", 4, 1, "2: 64-bit"],
    ["EI_DATA", 5, 1, "1: little-endian"],
    ["e_type", 16, 2, "1 relocatable, 2 executable, 3 shared"],
    ["e_machine", 18, 2, "62 x86-64, 183 arm64, 243 riscv, 247 BPF, 258 loongarch"],
    ["e_entry", 24, 8, "where it starts"],
    ["e_phoff", 32, 8, "program headers"],
    ["e_shoff", 40, 8, "section headers"],
    ["e_phnum", 56, 2, "program headers"],
    ["e_shentsize", 58, 2, "bytes of a section header, 64"],
    ["e_shnum", 60, 2, "section headers"],
    ["e_shstrndx", 62, 2, "the section with the names"],
  ],
};

export const ELF_SECTION: HeaderForm = {
  name: "section header",
  source: "ELF-64 object file format",
  members: [
    ["sh_name", 0, 4, "place of its name in the table of names"],
    ["sh_type", 4, 4, "1 PROGBITS, 2 SYMTAB, 3 STRTAB, 8 NOBITS"],
    ["sh_flags", 8, 8, "2: occupies memory"],
    ["sh_addr", 16, 8, "in memory"],
    ["sh_offset", 24, 8, "where its bytes are in the file"],
    ["sh_size", 32, 8, "bytes"],
    ["sh_addralign", 48, 8, "alignment"],
  ],
};

const IMAGE_TAIL: readonly Member[] = [
  ["text_offset", 8, 8, "where the kernel wants to be, from a 2 MiB boundary"],
  ["image_size", 16, 8, "bytes that it needs in memory"],
  ["flags", 24, 8, "bit 0 byte order, bits 1-2 page size, bit 3 placement"],
  ["PE offset", 0x3c, 4, "where the PE header begins"],
];

export const ARM64_IMAGE: HeaderForm = {
  name: "arm64 Image header",
  source: "Documentation/arch/arm64/booting.rst",
  members: [
    ["code0", 0, 4, "an instruction, or MZ"],
    ...IMAGE_TAIL,
    ["magic", 0x38, 4, "ARM and 0x64", "text"],
  ],
};

export const RISCV_IMAGE: HeaderForm = {
  name: "riscv Image header",
  source: "Documentation/arch/riscv/boot-image-header.rst",
  members: [
    ["code0", 0, 4, "an instruction, or MZ"],
    ...IMAGE_TAIL,
    ["magic2", 0x38, 4, "RSC and 5", "text"],
  ],
};

export const BZIMAGE: HeaderForm = {
  name: "setup header",
  source: "Documentation/arch/x86/boot.rst",
  members: [
    ["setup_sects", 0x1f1, 1, "512-byte sectors of set-up code after the first"],
    ["boot_flag", 0x1fe, 2, "0xaa55"],
    ["header", 0x202, 4, "HdrS", "text"],
    ["version", 0x206, 2, "of the boot protocol"],
    ["kernel_version", 0x20e, 2, "where the version's text is, less 0x200"],
    ["payload_offset", 0x248, 4, "where the compressed kernel begins in the protected-mode code"],
    ["payload_length", 0x24c, 4, "bytes of the compressed kernel"],
    ["init_size", 0x260, 4, "bytes that it needs in memory"],
  ],
};
