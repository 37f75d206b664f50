import type { LoadedProgram } from "#bpf-vm/program.ts";
import type { Arena } from "./arena.ts";
import type { ProgramBlocks } from "./blocks.ts";
import { type Compiled, compile, exportOf } from "./compile.ts";
import { engine } from "./engine.ts";
import type { ImportName } from "./imports.ts";

/** What compiled code calls, in the run that is under way. `at` is the lowered instruction. */
export interface Services {
  read(high: number, low: number, size: number, at: number, blocks: ProgramBlocks): number;
  write(high: number, low: number, size: number, at: number, blocks: ProgramBlocks): number;
  update(high: number, low: number, size: number, at: number, blocks: ProgramBlocks): number;
  call(index: number, at: number, blocks: ProgramBlocks): void;
  enter(at: number, blocks: ProgramBlocks): void;
  leave(): void;
  refuse(at: number, blocks: ProgramBlocks): never;
  exhausted(block: number, blocks: ProgramBlocks): never;
}

type Imports = Readonly<Record<ImportName, (...numbers: number[]) => unknown>>;

/** A compiled program over one arena. */
export class Instance {
  readonly compiled: Compiled;
  /** Whom its imports serve, while it runs. */
  services: Services | undefined;
  readonly #functions: Readonly<Record<string, unknown>>;

  constructor(compiled: Compiled, arena: Arena) {
    this.compiled = compiled;
    const env = { ...this.#imports(compiled.blocks), memory: arena.memory };
    this.#functions = new engine.Instance(compiled.module, { env }).exports;
  }

  /** Runs the function that begins at a lowered instruction, from and to the register file. */
  run(entry: number): void {
    const run = this.#functions[exportOf(entry)];
    if (typeof run !== "function") throw new Error(`no function at ${entry}`);
    run();
  }

  #imports(blocks: ProgramBlocks): Imports {
    const serving = () => {
      if (this.services === undefined) throw new Error("compiled code without a run");
      return this.services;
    };
    return {
      read: (high = 0, low = 0, size = 0, at = 0) => serving().read(high, low, size, at, blocks),
      write: (high = 0, low = 0, size = 0, at = 0) => serving().write(high, low, size, at, blocks),
      update: (high = 0, low = 0, size = 0, at = 0) => serving().update(high, low, size, at, blocks),
      call: (index = 0, at = 0) => serving().call(index, at, blocks),
      enter: (at = 0) => serving().enter(at, blocks),
      leave: () => serving().leave(),
      refuse: (at = 0) => serving().refuse(at, blocks),
      exhausted: (block = 0) => serving().exhausted(block, blocks),
    };
  }
}

const compiledPrograms = new WeakMap<LoadedProgram, Compiled>();
const instances = new WeakMap<Compiled, WeakMap<Arena, Instance>>();

/** The program's instance over an arena: compiled at its first run, and kept for as long as the program. */
export function instanceOf(program: LoadedProgram, arena: Arena): Instance {
  const compiled = compiledPrograms.get(program) ?? compile(program);
  compiledPrograms.set(program, compiled);
  const byArena = instances.get(compiled) ?? new WeakMap<Arena, Instance>();
  instances.set(compiled, byArena);
  const instance = byArena.get(arena) ?? new Instance(compiled, arena);
  byArena.set(arena, instance);
  return instance;
}
