/** The ELF file header, decoded; offsets and sizes in bytes, counts already resolved (see `header.ts`). */
export type ElfHeader = {
  readonly littleEndian: boolean;
  readonly osAbi: number;
  /** ET_REL, ET_EXEC, … */
  readonly type: number;
  /** EM_AARCH64, … */
  readonly machine: number;
  /** A virtual address; kernels use the upper half of the 64-bit space. */
  readonly entry: bigint;
  readonly flags: number;
  readonly programHeaderOffset: number;
  readonly programHeaderCount: number;
  readonly sectionHeaderOffset: number;
  readonly sectionCount: number;
  /** SHN_UNDEF (0) in a file whose sections have no names. */
  readonly sectionNamesIndex: number;
};

export type ElfSection = {
  readonly index: number;
  /** Empty where the file has no section names. */
  readonly name: string;
  /** SHT_PROGBITS, … */
  readonly type: number;
  readonly flags: bigint;
  readonly address: bigint;
  /** From the start of the ELF file. */
  readonly offset: number;
  /** Bytes; of a SHT_NOBITS section, bytes in memory. */
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly alignment: number;
  readonly entrySize: number;
  /** A view into the file; empty for SHT_NULL and SHT_NOBITS. */
  readonly data: Uint8Array;
};

export type ElfProgramHeader = {
  /** PT_LOAD, … */
  readonly type: number;
  readonly flags: number;
  /** From the start of the ELF file. */
  readonly offset: number;
  readonly virtualAddress: bigint;
  readonly physicalAddress: bigint;
  readonly fileSize: number;
  readonly memorySize: number;
  readonly alignment: bigint;
  /** The `fileSize` bytes in the file, as a view. */
  readonly data: Uint8Array;
};

export type ElfSymbol = {
  readonly index: number;
  readonly name: string;
  /** STB_LOCAL, STB_GLOBAL, … */
  readonly binding: number;
  /** STT_OBJECT, … */
  readonly type: number;
  /** STV_DEFAULT, STV_HIDDEN, … */
  readonly visibility: number;
  /** The section's number (SHN_XINDEX resolved), or one of the reserved SHN_ values. */
  readonly sectionIndex: number;
  /** Section-relative in ET_REL files, else a virtual address. */
  readonly value: bigint;
  /** Bytes. */
  readonly size: bigint;
};
