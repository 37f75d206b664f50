import type { Listable } from "#bpf-vm/disassembly.ts";
import type { Malformed } from "#core/failure.ts";
import { ok, type Result } from "#core/result.ts";
import { decodeBtf } from "#formats/btf/decode.ts";
import { decodeBtfExt } from "#formats/btf/ext.ts";
import type { LineInfo } from "#formats/btf/ext-types.ts";
import { STT } from "#formats/elf/constants.ts";
import type { ElfFile } from "#formats/elf/elf-file.ts";
import type { ElfSymbol } from "#formats/elf/types.ts";
import type { Instruction } from "#isa/instruction.ts";
import { formOf } from "#isa/lookup.ts";
import { type CodeSection, codeSections } from "./code.ts";

const SLOT_SIZE = 8;

/**
 * The code of a BPF object as it stands there, one entry a section: neither linked nor relocated, so that no kernel's types are needed.
 * What a relocation names is in `symbols`. Source lines are left out where `.BTF` or `.BTF.ext` cannot be read.
 *
 * Errors: `malformed` for broken instructions, symbols or relocations.
 */
export function unloadedSections(elf: ElfFile): Result<readonly Listable[], Malformed> {
  const code = codeSections(elf);
  if (!code.ok) return code;
  const lines = sourceLines(elf);
  return ok(
    code.value
      .filter(({ instructions }) => instructions.length > 0)
      .map((part) => ({
        section: part.section.name,
        name: part.functions[0]?.name ?? part.section.name,
        instructions: part.instructions,
        maps: [],
        immediates: new Map(),
        kfuncs: new Map(),
        symbols: symbolNames(part, code.value),
        lines: lines.get(part.section.name) ?? [],
        functions: part.functions.map(({ name, start }) => ({ name, offset: SLOT_SIZE * start })),
      })),
  );
}

/** Debug information is no condition for a listing. */
function sourceLines(elf: ElfFile): ReadonlyMap<string, readonly LineInfo[]> {
  const [types, extra] = [elf.sectionData(".BTF"), elf.sectionData(".BTF.ext")];
  if (!types.ok || !extra.ok) return new Map();
  const btf = decodeBtf(types.value);
  const ext = btf.ok ? decodeBtfExt(extra.value, btf.value) : btf;
  return new Map(ext.ok ? ext.value.lines.map(({ section, records }) => [section, records]) : []);
}

function symbolNames(part: CodeSection, sections: readonly CodeSection[]): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const instruction of part.instructions) {
    const symbol = part.relocations.get(instruction.index);
    if (symbol !== undefined) names.set(instruction.index, nameOf(symbol, instruction, sections));
  }
  return names;
}

/** A section's symbol has no name of its own: a function of the section has, or it is the section's name and the offset. */
function nameOf(symbol: ElfSymbol, instruction: Instruction, sections: readonly CodeSection[]): string {
  const isCall = formOf(instruction).does.kind === "call";
  // A call counts slots from the one after it (-1: the symbol itself), a 64-bit immediate bytes.
  const offset = isCall ? SLOT_SIZE * (instruction.imm + 1) : instruction.imm;
  if (symbol.type !== STT.SECTION) return withOffset(symbol.name, offset);
  const code = sections.find(({ section }) => section.index === symbol.sectionIndex);
  const at = (Number(symbol.value) + offset) / SLOT_SIZE;
  const found = code?.functions.find(({ start }) => start === at);
  return found?.name ?? withOffset(code?.section.name ?? symbol.name, offset);
}

function withOffset(name: string, offset: number): string {
  if (offset === 0) return name;
  return offset < 0 ? `${name}${offset}` : `${name}+${offset}`;
}
