import { ByteReader, decoding } from "#bytes/reader.ts";
import type { Malformed } from "#core/failure.ts";
import { err, type Result } from "#core/result.ts";
import { SHF, SHT, STT } from "#formats/elf/constants.ts";
import type { ElfFile } from "#formats/elf/elf-file.ts";
import type { ElfSection, ElfSymbol } from "#formats/elf/types.ts";
import { decodeProgram, type Instruction } from "#isa/instruction.ts";

/** A code section with its instructions and what the linker still has to fill in. */
export type CodeSection = {
  readonly section: ElfSection;
  readonly instructions: readonly Instruction[];
  readonly functions: readonly ObjectFunction[];
  /** By the slot of the instruction. */
  readonly relocations: ReadonlyMap<number, ElfSymbol>;
};

export type ObjectFunction = {
  readonly name: string;
  readonly global: boolean;
  /** Slots of its section. */
  readonly start: number;
  readonly end: number;
};

const SLOT = 8;
/** Elf64_Sym: 8 st_value  10 st_size. */
const [SYMBOL_SIZE, VALUE_AT] = [24, 8];
/** Elf64_Rel: 0 r_offset  8 r_info, the symbol in its high half. */
const REL_SIZE = 16;

/** All code of a BPF object. Fails (`malformed`) on instructions or tables that are broken. */
export function codeSections(elf: ElfFile): Result<readonly CodeSection[], Malformed> {
  const symbols = elf.symbols();
  if (!symbols.ok) return symbols;
  const found: CodeSection[] = [];
  for (const section of elf.sections) {
    if (section.type !== SHT.PROGBITS || (section.flags & SHF.EXECINSTR) === 0n) continue;
    const base = elf.outermostOffset(section.offset);
    const instructions = decodeProgram(section.data, { base });
    if (!instructions.ok) return instructions;
    const functions = functionsIn(elf, section, symbols.value);
    if (!functions.ok) return functions;
    const relocations = relocationsOf(elf, section, symbols.value);
    if (!relocations.ok) return err(relocations.failure);
    found.push({
      section,
      instructions: instructions.value,
      functions: functions.value,
      relocations: relocations.value,
    });
  }
  return { ok: true, value: found };
}

/** Whole instructions inside the section: a symbol may claim anything. */
function functionsIn(
  elf: ElfFile,
  section: ElfSection,
  symbols: readonly ElfSymbol[],
): Result<readonly ObjectFunction[], Malformed> {
  const found: ObjectFunction[] = [];
  for (const { index, name, binding, type, sectionIndex, value, size } of symbols) {
    if (sectionIndex !== section.index || type !== STT.FUNC) continue;
    const whole = value % BigInt(SLOT) === 0n && size % BigInt(SLOT) === 0n;
    if (!whole || value + size > BigInt(section.data.length)) {
      const table = elf.sections.find((one) => one.type === SHT.SYMTAB);
      return err({
        reason: "malformed",
        format: "ELF",
        section: `symbol ${name}`,
        offset: elf.outermostOffset((table?.offset ?? 0) + index * SYMBOL_SIZE + VALUE_AT),
        detail: `${size} bytes at ${value} of section ${section.name}, which has ${section.data.length}`,
      });
    }
    const [start, end] = [Number(value) / SLOT, Number(value + size) / SLOT];
    found.push({ name, global: binding !== 0, start, end });
  }
  return { ok: true, value: found };
}

function relocationsOf(
  elf: ElfFile,
  section: ElfSection,
  symbols: readonly ElfSymbol[],
): Result<ReadonlyMap<number, ElfSymbol>, Malformed> {
  return decoding(() => {
    const bySlot = new Map<number, ElfSymbol>();
    for (const table of elf.sections) {
      if (table.type !== SHT.REL || table.info !== section.index) continue;
      const reader = new ByteReader(table.data, {
        format: "ELF",
        section: `relocations ${table.name}`,
        base: elf.outermostOffset(table.offset),
      });
      for (let at = 0; at < reader.length; at += REL_SIZE) {
        const offset = reader.size64(at);
        const symbol = symbols[reader.u32(at + 12)];
        if (symbol === undefined) return reader.fail(at + 12, `no symbol ${reader.u32(at + 12)}`);
        bySlot.set(offset / SLOT, symbol);
      }
    }
    return bySlot;
  });
}
