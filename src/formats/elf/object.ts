import { alignUp } from "#bytes/align.ts";
import { ByteWriter } from "#bytes/writer.ts";
import { ELF64_SYMBOL_SIZE, EM, ET, SHF, SHT, STB, STT } from "./constants.ts";
import { encodeElf, stringTable } from "./encode.ts";

export type ObjectSymbol = {
  readonly name: string;
  /** What the symbol names, a C string's NUL included where there is one: st_size is this length. */
  readonly bytes: Uint8Array;
};

const SYMBOL_ALIGNMENT = 8;
const SECTION_RODATA = 1;
const SECTION_STRTAB = 4;

/**
 * Writes a relocatable object that holds constants, as a compiler makes it from `const char name[] = …`:
 * `.rodata` with each symbol at a multiple of 8, `.note.GNU-stack` (no executable stack), `.symtab` with
 * the null symbol and a global object for each, `.strtab`, `.shstrtab`. st_value counts from the start
 * of `.rodata`.
 *
 * The bytes depend on nothing but the arguments.
 */
export function encodeObject(input: {
  /** EM_AARCH64, … */
  readonly machine: number;
  readonly symbols: readonly ObjectSymbol[];
}): Uint8Array {
  let end = 0;
  const values = input.symbols.map((symbol) => {
    const value = alignUp(end, SYMBOL_ALIGNMENT);
    end = value + symbol.bytes.length;
    return value;
  });
  const rodata = new ByteWriter(end);
  input.symbols.forEach((symbol, i) => {
    rodata.put(values[i] ?? 0, symbol.bytes);
  });

  const names = stringTable(input.symbols.map((symbol) => symbol.name));
  const table = new ByteWriter((input.symbols.length + 1) * ELF64_SYMBOL_SIZE);
  input.symbols.forEach((symbol, i) => {
    const at = (i + 1) * ELF64_SYMBOL_SIZE;
    table
      .u32(at, names.offsets[i] ?? 0)
      .u8(at + 4, (STB.GLOBAL << 4) | STT.OBJECT)
      .u16(at + 6, SECTION_RODATA)
      .u64(at + 8, values[i] ?? 0)
      .u64(at + 16, symbol.bytes.length);
  });

  return encodeElf({
    type: ET.REL,
    machine: input.machine,
    flags: objectFlags(input.machine),
    sections: [
      { name: ".rodata", type: SHT.PROGBITS, flags: SHF.ALLOC, align: 8, data: rodata.bytes },
      { name: ".note.GNU-stack", type: SHT.PROGBITS, data: new Uint8Array(0) },
      {
        name: ".symtab",
        type: SHT.SYMTAB,
        align: 8,
        data: table.bytes,
        link: SECTION_STRTAB,
        info: 1, // The first symbol that is not local.
        entsize: ELF64_SYMBOL_SIZE,
      },
      { name: ".strtab", type: SHT.STRTAB, data: names.bytes },
    ],
  });
}

/**
 * The e_flags with which linkers take an object for the machine's usual 64-bit ABI.
 *
 * - RISC-V (psABI, "File Header"): RVC, double-float ABI.
 * - LoongArch (ELF psABI, "e_flags"): object file ABI version 1, double-float ABI.
 */
export function objectFlags(machine: number): number {
  if (machine === EM.RISCV) return 0x5;
  if (machine === EM.LOONGARCH) return 0x43;
  return 0;
}
