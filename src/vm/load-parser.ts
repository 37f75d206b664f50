import { err, ok, type Result } from "#core/result.ts";
import { decodeBytecodeObject } from "#formats/elf/bytecode-object.ts";
import { EM } from "#formats/elf/constants.ts";
import { type Container, decodeContainer } from "#formats/elf/container.ts";
import { decodeElf } from "#formats/elf/elf-file.ts";
import type { LoadFailure } from "./loader/failure.ts";
import { type LoadedSkeleton, type LoaderOptions, loadSkeleton } from "./loader/light-skeleton.ts";
import { loadObject } from "./object/load-object.ts";
import type { LoadedProgram } from "./program.ts";

/** A parser as it is shipped: what kind of file it is, its programs in the order the kernel tries them. */
export type LoadedParser = {
  readonly form: "container" | "bytecode object" | "BPF object";
  readonly programs: readonly LoadedProgram[];
  /** Of a container with `.bpf.nested`: the parser for the next layer. */
  readonly nested?: LoadedParser;
};

/**
 * Loads a `.bpf` container, a bytecode object (`opts_data`, `opts_insn`) or a BPF `.o`, told apart by what
 * they are, as the kernel described by `options.target` would. Each light skeleton is loaded by running its own
 * loader program.
 */
export function loadParser(bytes: Uint8Array, options: LoaderOptions): Result<LoadedParser, LoadFailure> {
  const elf = decodeElf(bytes);
  if (!elf.ok) return elf;
  if (elf.value.header.machine === EM.BPF) {
    const program = loadObject(elf.value, options);
    return program.ok ? ok({ form: "BPF object", programs: program.value }) : program;
  }
  if (elf.value.section(".bpf.1") === undefined) {
    const object = decodeBytecodeObject(bytes);
    if (!object.ok) return object;
    const loaded = loadSkeleton(object.value, options);
    return loaded.ok ? ok({ form: "bytecode object", programs: loaded.value.programs }) : loaded;
  }
  const container = decodeContainer(bytes);
  return container.ok ? loadContainer(container.value, options) : container;
}

function loadContainer(container: Container, options: LoaderOptions): Result<LoadedParser, LoadFailure> {
  const programs: LoadedProgram[] = [];
  for (const { data, offset } of container.programs) {
    const object = decodeBytecodeObject(data, { base: offset });
    if (!object.ok) return object;
    const loaded: Result<LoadedSkeleton, LoadFailure> = loadSkeleton(object.value, options);
    if (!loaded.ok) return loaded;
    programs.push(...loaded.value.programs);
  }
  if (container.nested === undefined) return ok({ form: "container", programs });
  const nested = loadContainer(container.nested, options);
  return nested.ok ? ok({ form: "container", programs, nested: nested.value }) : err(nested.failure);
}
