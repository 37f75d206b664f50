/**
 * Numbers of the ELF specification (System V gABI, chapter 4) that this project reads or writes,
 * under the specification's own names without their prefix.
 */

export const EI_CLASS = { ELF32: 1, ELF64: 2 } as const;
export const EI_DATA = { LSB: 1, MSB: 2 } as const;

/** e_type */
export const ET = { NONE: 0, REL: 1, EXEC: 2, DYN: 3, CORE: 4 } as const;

/** e_machine, for the four architectures that kexec-bpf serves and for BPF objects. */
export const EM = { X86_64: 62, AARCH64: 183, RISCV: 243, BPF: 247, LOONGARCH: 258 } as const;

/** sh_type */
export const SHT = {
  NULL: 0,
  PROGBITS: 1,
  SYMTAB: 2,
  STRTAB: 3,
  RELA: 4,
  NOTE: 7,
  NOBITS: 8,
  REL: 9,
  DYNSYM: 11,
  SYMTAB_SHNDX: 18,
} as const;

/** sh_flags (64 bits wide in the file; the flags that exist for every machine fit 32). */
export const SHF = { WRITE: 1n, ALLOC: 2n, EXECINSTR: 4n, MERGE: 0x10n, STRINGS: 0x20n } as const;

/** Section numbers with a meaning of their own. */
export const SHN = { UNDEF: 0, LORESERVE: 0xff00, ABS: 0xfff1, COMMON: 0xfff2, XINDEX: 0xffff } as const;

/** e_phnum when the real number stands in section header 0 (sh_info). */
export const PN_XNUM = 0xffff;

/** p_type */
export const PT = { NULL: 0, LOAD: 1, DYNAMIC: 2, INTERP: 3, NOTE: 4, PHDR: 6 } as const;

/** High half of st_info */
export const STB = { LOCAL: 0, GLOBAL: 1, WEAK: 2 } as const;

/** Low half of st_info */
export const STT = { NOTYPE: 0, OBJECT: 1, FUNC: 2, SECTION: 3, FILE: 4 } as const;

/** Low two bits of st_other */
export const STV = { DEFAULT: 0, INTERNAL: 1, HIDDEN: 2, PROTECTED: 3 } as const;

/** Record sizes of ELF64, in bytes. */
export const ELF64_HEADER_SIZE = 64;
export const ELF64_SECTION_HEADER_SIZE = 64;
export const ELF64_PROGRAM_HEADER_SIZE = 56;
export const ELF64_SYMBOL_SIZE = 24;

/**
 * Longest name that is turned into a string, in bytes. A file may point each of a million headers at
 * the same megabyte of text; the kernel's own names end at 512 (KSYM_NAME_LEN).
 */
export const MAX_NAME_LENGTH = 4096;
