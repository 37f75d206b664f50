/** A PE image as far as kernels, boot stubs and UKIs use it; offsets and sizes in bytes. */
export type PeFile = {
  readonly bytes: Uint8Array;
  readonly format: "PE32" | "PE32+";
  /** e_lfanew: where the `PE\0\0` signature stands. */
  readonly signatureOffset: number;
  /** IMAGE_FILE_MACHINE_…: 0x8664 x86-64, 0xaa64 arm64, 0x5064 RISC-V 64, 0x6264 LoongArch 64. */
  readonly machine: number;
  readonly characteristics: number;
  readonly optionalHeader: PeOptionalHeader;
  readonly dataDirectories: readonly PeDataDirectory[];
  /** Where the section headers stand; 40 bytes each. */
  readonly sectionTableOffset: number;
  readonly sections: readonly PeSection[];
  /** The certificate table (Authenticode signatures), if the file has one. */
  readonly certificates: PeCertificateTable | undefined;
};

export type PeOptionalHeader = {
  readonly offset: number;
  readonly size: number;
  readonly entryPoint: number;
  readonly imageBase: bigint;
  /** Powers of two. */
  readonly sectionAlignment: number;
  readonly fileAlignment: number;
  readonly sizeOfImage: number;
  readonly sizeOfHeaders: number;
  readonly checkSum: number;
  /** 10 is an EFI application. */
  readonly subsystem: number;
};

/** `virtualAddress` is relative to the image base, except in directory 4, where it is a file offset. */
export type PeDataDirectory = { readonly virtualAddress: number; readonly size: number };

export type PeSection = {
  /** Position in the section table, from 0. */
  readonly index: number;
  /** At most 8 characters. */
  readonly name: string;
  readonly virtualSize: number;
  readonly virtualAddress: number;
  readonly sizeOfRawData: number;
  readonly pointerToRawData: number;
  readonly characteristics: number;
  /** min(virtualSize, sizeOfRawData) bytes from `pointerToRawData`, as a view. */
  readonly data: Uint8Array;
};

export type PeCertificateTable = { readonly offset: number; readonly data: Uint8Array };
