import type { LoadedProgram } from "#bpf-vm/program.ts";
import { targetOf } from "#isa/jumps.ts";
import { blocksOf, type ProgramBlocks } from "./blocks.ts";
import { Code } from "./code.ts";
import { engine, MAX_PAGES, type Module } from "./engine.ts";
import { compileFunction, type FunctionContext, registerAt } from "./function.ts";
import { FIRST_OWN, IMPORTS } from "./imports.ts";
import { PROGRAM_AREA, type ProgramLayout, programLayout } from "./layout.ts";
import { encodeModule, type WasmFunction } from "./module.ts";
import { W } from "./opcodes.ts";
import { searchFunction } from "./search.ts";
import { changesFramePointer } from "./step.ts";

/** A program as a WebAssembly module. */
export type Compiled = {
  readonly module: Module;
  readonly blocks: ProgramBlocks;
  readonly layout: ProgramLayout;
};

/** The export that runs the function at a lowered instruction, from and to the register file. */
export function exportOf(entry: number): string {
  return `function ${entry}`;
}

/**
 * Compiles a program with its functions, and with those that begin at `more` of its lowered instructions.
 *
 * @param area gives room in linear memory, so many bytes. Default: where the first program of a run has it
 */
export function compile(
  program: LoadedProgram,
  more: readonly number[] = [],
  area: (size: number) => number = () => PROGRAM_AREA,
): Compiled {
  const blocks = blocksOf(program, more);
  const [blockCount, symbolCount] = [blocks.blocks.length, program.lowered.symbols.length];
  const start = area(programLayout(0, blockCount, symbolCount).end);
  const layout = programLayout(start, blockCount, symbolCount);
  const context = contextOf(program, blocks, layout);
  const functions = blocks.entries.map((entry) => compileFunction(context, blocks.blockOf[entry] ?? -1));
  const doors = blocks.entries.map((entry, i) => door(entry, FIRST_OWN + i));
  const bytes = encodeModule({
    memoryPages: { least: 1, most: MAX_PAGES },
    imports: IMPORTS,
    functions: [searchFunction("read"), searchFunction("write"), ...functions, ...doors],
  });
  return { module: new engine.Module(bytes), blocks, layout };
}

function contextOf(
  { lowered, instructions }: LoadedProgram,
  { blocks, blockOf, entries }: ProgramBlocks,
  { symbols, coverage }: ProgramLayout,
): FunctionContext {
  const called = instructions.flatMap((instruction, at): [number, number][] => {
    const target = targetOf(instruction);
    return target?.by === "call" ? [[at, blockOf[lowered.bySlot[target.slot] ?? -1] ?? -1]] : [];
  });
  return {
    blocks,
    coverage,
    symbols: new Map(lowered.symbols.map(({ instruction }, i) => [instruction.index, symbols + 8 * i])),
    fixedFrame: !blocks.some(({ steps }) => steps.some(changesFramePointer)),
    calls: new Map(lowered.calls.map(({ instruction }, i) => [instruction, i])),
    functions: new Map(entries.map((entry, i) => [blockOf[entry] ?? -1, FIRST_OWN + i])),
    called: new Map(called),
  };
}

/** 64 bits are BigInts to JavaScript, which cost more than the memory that the registers go through. */
function door(entry: number, called: number): WasmFunction {
  const code = new Code().i32(registerAt(0));
  for (let register = 0; register < 10; register++) code.i32(0).access(W.i64Load, registerAt(register));
  code.call(called).access(W.i64Store);
  return { takes: [], gives: [], locals: [], body: code.bytes, exportAs: exportOf(entry) };
}
