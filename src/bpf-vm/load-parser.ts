import { err, ok, type Result } from "#core/result.ts";
import type { LoadFailure } from "./loader/failure.ts";
import { type LoaderOptions, loaderProgram, loadSkeleton } from "./loader/light-skeleton.ts";
import { loadObject } from "./object/load-object.ts";
import { openParser, type ParserFile, type SkeletonFile, type SkeletonPart } from "./open-parser.ts";
import type { LoadedProgram } from "./program.ts";

/** A parser as it is shipped: what kind of file it is, its programs in the order the kernel tries them. */
export type LoadedParser = {
  readonly form: ParserFile["form"];
  readonly programs: readonly LoadedProgram[];
  /** e_machine of the kernels that it is for, where the file says so. */
  readonly machine?: number | undefined;
  /** Of a container with `.bpf.nested`: the parser for the next layer. */
  readonly nested?: LoadedParser;
};

/**
 * Loads a parser in any of its forms (see `openParser`) as the kernel described by `options.target` would.
 * Each light skeleton is loaded by running its own loader program.
 */
export function loadParser(bytes: Uint8Array, options: LoaderOptions): Result<LoadedParser, LoadFailure> {
  const file = openParser(bytes);
  return file.ok ? loadOpened(file.value, options) : file;
}

function loadOpened(file: ParserFile, options: LoaderOptions): Result<LoadedParser, LoadFailure> {
  if (file.form !== "BPF object") return loadSkeletons(file, options);
  const programs = loadObject(file.elf, options);
  return programs.ok ? ok({ form: file.form, programs: programs.value }) : programs;
}

function loadSkeletons(file: SkeletonFile, options: LoaderOptions): Result<LoadedParser, LoadFailure> {
  const programs: LoadedProgram[] = [];
  for (const part of file.skeletons) {
    const loaded = loadSkeleton(
      part.skeleton,
      part.room === undefined ? options : { ...options, room: part.room },
    );
    if (!loaded.ok) return err(inPart(loaded.failure, part));
    programs.push(...loaded.value.programs.map((program) => placed(program, part)));
  }
  const { form, machine } = file;
  if (file.nested === undefined) return ok({ form, machine, programs });
  const nested = loadSkeletons(file.nested, options);
  return nested.ok ? ok({ form, machine, programs, nested: nested.value }) : err(nested.failure);
}

/** Every program of a file, those of nested containers behind those of the outer one. */
export function loadedPrograms(
  file: ParserFile,
  options: LoaderOptions,
): Result<readonly LoadedProgram[], LoadFailure> {
  const loaded = loadOpened(file, options);
  if (!loaded.ok) return loaded;
  const programs: LoadedProgram[] = [];
  for (let layer: LoadedParser | undefined = loaded.value; layer; layer = layer.nested) {
    programs.push(...layer.programs);
  }
  return ok(programs);
}

/** The loader programs (`opts_insn`) of a file's light skeletons, in the same order, unexecuted. */
export function loaderPrograms(
  file: ParserFile,
  options: LoaderOptions,
): Result<readonly LoadedProgram[], LoadFailure> {
  if (file.form === "BPF object") {
    return err({ reason: "nothing-loaded", detail: "a BPF object has no loader program" });
  }
  const programs: LoadedProgram[] = [];
  for (let layer: SkeletonFile | undefined = file; layer; layer = layer.nested) {
    for (const part of layer.skeletons) {
      const program = loaderProgram(part.skeleton, options.target);
      if (!program.ok) return err(inPart(program.failure, part));
      programs.push(placed(program.value, part));
    }
  }
  return ok(programs);
}

function placed(program: LoadedProgram, { section }: SkeletonPart): LoadedProgram {
  return section === undefined ? program : { ...program, section };
}

function inPart(failure: LoadFailure, { section }: SkeletonPart): LoadFailure {
  if (section === undefined) return failure;
  if (failure.reason === "malformed") return { ...failure, section: `${section}, ${failure.section}` };
  if (failure.reason === "missing-array" || failure.reason === "unsupported") return failure;
  return { ...failure, program: section };
}
