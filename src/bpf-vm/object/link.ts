import { Errno } from "#bpf-vm/errno.ts";
import { NotModelled, Refusal } from "#bpf-vm/loader/failure.ts";
import { STB } from "#formats/elf/constants.ts";
import type { ElfSymbol } from "#formats/elf/types.ts";
import type { Instruction } from "#isa/instruction.ts";
import { targetOf } from "#isa/jumps.ts";
import { formOf } from "#isa/lookup.ts";
import type { CodeSection, ObjectFunction } from "./code.ts";
import type { ObjectMaps } from "./object-maps.ts";

/** Source fields of LD_IMM64 and of calls, as the kernel's `bpf.h` numbers them. */
const MAP_FD = 1;
const MAP_VALUE = 2;
const KERNEL_SYMBOL = 3;
const FUNCTION = 4;
const LOCAL_CALL = 1;
const KFUNC_CALL = 2;

/** A function with its code section; `start` is where it was put in the linked program, in slots. */
export type Placed = {
  readonly code: CodeSection;
  readonly function: ObjectFunction;
  readonly start: number;
};

export type LinkInput = {
  readonly sections: readonly CodeSection[];
  readonly maps: ObjectMaps;
  /** The kernel's BTF id of a kfunc; undefined where it has none. */
  readonly kfunc: (name: string) => number | undefined;
  /** Of a variable or function. */
  readonly ksym: (name: string) => number | undefined;
};

/**
 * Puts a program and all functions that it reaches behind one another and fills in what their symbols
 * stand for; maps are named by their place. Source: libbpf's `bpf_object__relocate`.
 *
 * @throws Refusal (-EINVAL, -ENOENT), NotModelled
 */
export function linkProgram(
  main: { readonly code: CodeSection; readonly function: ObjectFunction },
  input: LinkInput,
): { readonly instructions: readonly Instruction[]; readonly placed: readonly Placed[] } {
  const placed: Placed[] = [{ ...main, start: 0 }];
  const instructions: Instruction[] = [];
  // The list grows while it is walked: each call may add a function at its end.
  for (const part of placed) {
    for (const instruction of instructionsOf(part)) {
      const moved = instruction.index - part.function.start + part.start;
      instructions.push(resolved(instruction, moved, part.code, input, placed));
    }
  }
  return { instructions, placed };
}

function instructionsOf({ code, function: { start, end } }: Placed): readonly Instruction[] {
  return code.instructions.filter(({ index }) => index >= start && index < end);
}

function resolved(
  instruction: Instruction,
  index: number,
  code: CodeSection,
  input: LinkInput,
  placed: Placed[],
): Instruction {
  const { does } = formOf(instruction);
  const symbol = code.relocations.get(instruction.index);
  if (does.kind === "call" && does.target === "local") {
    if (symbol !== undefined && symbol.sectionIndex === 0) {
      const imm = input.kfunc(symbol.name) ?? (symbol.binding === STB.WEAK ? 0 : undefined);
      if (imm === undefined) throw new Refusal(Errno.ENOENT, noFunction(symbol.name));
      return { ...instruction, index, src: KFUNC_CALL, imm };
    }
    const target = symbol === undefined ? (targetOf(instruction)?.slot ?? 0) : slotOf(symbol, instruction);
    const start = place(sectionOf(symbol, code, input), target, placed);
    return { ...instruction, index, src: LOCAL_CALL, imm: start - index - 1 };
  }
  if (symbol === undefined || does.kind !== "load-imm64") return { ...instruction, index };
  return immediate({ ...instruction, index }, symbol, input, placed);
}

/**
 * What compilers call on their own for `__builtin_memcmp()` and its like where they do not write the instructions: functions of a C
 * library, which no kernel has for programs.
 */
const LEFT_BY_COMPILERS: ReadonlySet<string> = new Set(["memcmp", "memcpy", "memmove", "memset", "bcmp"]);

function noFunction(name: string): string {
  if (!LEFT_BY_COMPILERS.has(name)) return `the kernel's BTF has no kfunc ${name}`;
  const older =
    name === "memcmp" || name === "bcmp"
      ? "clang 19 writes the comparison itself where clang 14 calls; else "
      : "";
  return `the compiler left a call of ${name}(), which no kernel has for programs: ${older}write a loop over the bytes`;
}

function immediate(
  instruction: Instruction,
  symbol: ElfSymbol,
  input: LinkInput,
  placed: Placed[],
): Instruction {
  const { maps, sections } = input;
  const data = maps.sections.get(symbol.sectionIndex);
  const offset = Number(symbol.value) + instruction.imm;
  if (data !== undefined) return named(instruction, MAP_VALUE, data, offset);
  const code = sections.find(({ section }) => section.index === symbol.sectionIndex);
  if (code !== undefined) {
    const start = place(code, offset / 8, placed);
    return named(instruction, FUNCTION, start - instruction.index - 1, 0);
  }
  if (symbol.sectionIndex === 0) return outer(instruction, symbol, input);
  const map = maps.declared.get(offset);
  if (map === undefined) throw new NotModelled(`symbol ${symbol.name} is neither map nor data`);
  return named(instruction, MAP_FD, map, 0);
}

/** What the kernel has to give: a value of its configuration, or an address. A weak one that it lacks is 0. */
function outer(instruction: Instruction, symbol: ElfSymbol, { maps, ksym }: LinkInput): Instruction {
  const value = maps.configuration.get(symbol.name);
  if (value !== undefined) return named(instruction, MAP_VALUE, value.map, value.offset);
  const id = ksym(symbol.name);
  if (id !== undefined) return named(instruction, KERNEL_SYMBOL, id, 0);
  if (symbol.binding === STB.WEAK) return named(instruction, 0, 0, 0);
  if (maps.typeless.has(symbol.name)) throw new NotModelled(`the address of kernel symbol ${symbol.name}`);
  throw new Refusal(Errno.ENOENT, `the kernel's BTF has no symbol ${symbol.name}`);
}

function named(instruction: Instruction, src: number, imm: number, high: number): Instruction {
  return { ...instruction, src, imm, imm64: (BigInt(high) << 32n) | BigInt(imm >>> 0) };
}

function slotOf(symbol: ElfSymbol, instruction: Instruction): number {
  return Number(symbol.value) / 8 + instruction.imm + 1;
}

function sectionOf(symbol: ElfSymbol | undefined, code: CodeSection, input: LinkInput): CodeSection {
  if (symbol === undefined) return code;
  const found = input.sections.find(({ section }) => section.index === symbol.sectionIndex);
  if (found === undefined) throw new Refusal(Errno.EINVAL, `symbol ${symbol.name} is no function`);
  return found;
}

/** Where the function in a slot of a section begins in the program; it is put at the end where it is new. */
function place(code: CodeSection, slot: number, placed: Placed[]): number {
  const known = placed.find((part) => part.code === code && part.function.start === slot);
  if (known !== undefined) return known.start;
  const found = code.functions.find(({ start }) => start === slot);
  if (found === undefined) {
    throw new Refusal(Errno.EINVAL, `no function begins in slot ${slot} of ${code.section.name}`);
  }
  const last = placed.at(-1);
  const start = last === undefined ? 0 : last.start + last.function.end - last.function.start;
  placed.push({ code, function: found, start });
  return start;
}
