import type { Malformed, MissingArray, Unsupported } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { decodeBytecodeObject } from "#formats/elf/bytecode-object.ts";
import { EM } from "#formats/elf/constants.ts";
import { type Container, decodeContainer } from "#formats/elf/container.ts";
import { decodeElf, type ElfFile } from "#formats/elf/elf-file.ts";
import { isElf } from "#formats/elf/header.ts";
import { parseLightSkeleton } from "#formats/light-skeleton/light-skeleton.ts";
import type { SkeletonArrays } from "./loader/light-skeleton.ts";

/** A file with light skeletons: a container has one for each program, the others have one. */
export type SkeletonFile = {
  readonly form: "container" | "bytecode object" | "light skeleton";
  readonly skeletons: readonly SkeletonPart[];
  /** e_machine of the kernels that it is for; a header does not say. */
  readonly machine?: number;
  /** Of a container with `.bpf.nested`: the next layer. */
  readonly nested?: SkeletonFile;
};

export type SkeletonPart = {
  /** The container's section, from the outermost container on: `.bpf.nested/.bpf.1`. */
  readonly section?: string;
  readonly skeleton: SkeletonArrays;
  /** What its context has room for, where the file says so. Else it has the kernel's fixed struct. */
  readonly room?: { readonly maps: number; readonly programs: number };
};

export type ParserFile = SkeletonFile | { readonly form: "BPF object"; readonly elf: ElfFile };

export type OpenFailure = Malformed | MissingArray | Unsupported;

/** Words of every light skeleton: the arrays' own, and the struct of those without arrays. */
const SKELETON_MARKS = ["opts_insn", "bpf_load_and_run_opts"];

const BIG_ENDIAN: Unsupported = {
  reason: "unsupported",
  what: "a big-endian BPF object",
  detail: "kernels of all architectures that have parsers are little-endian (clang --target=bpfel)",
};

/**
 * Opens a parser in any of its forms, told apart by what they are: an ELF file is an object for BPF, a
 * container (it has `.bpf.1`) or a bytecode object, text that has `opts_insn` or loads as bpftool's headers do a light skeleton's.
 *
 * Errors: `malformed`, `missing-array`; `unsupported` for a big-endian BPF object.
 */
export function openParser(bytes: Uint8Array): Result<ParserFile, OpenFailure> {
  if (!isElf(bytes)) {
    const text = textOf(bytes);
    if (text !== undefined && SKELETON_MARKS.some((mark) => text.includes(mark))) return openHeader(text);
  }
  const elf = decodeElf(bytes);
  if (!elf.ok) return elf;
  if (elf.value.header.machine === EM.BPF && !elf.value.header.littleEndian) return err(BIG_ENDIAN);
  if (elf.value.header.machine === EM.BPF) return ok({ form: "BPF object", elf: elf.value });
  if (elf.value.section(".bpf.1") === undefined) {
    const skeleton = openBytecode(bytes, 0);
    const { machine } = elf.value.header;
    return skeleton.ok
      ? ok({ form: "bytecode object", skeletons: [{ skeleton: skeleton.value }], machine })
      : skeleton;
  }
  const container = decodeContainer(bytes);
  return container.ok ? openContainer(container.value, "") : container;
}

/** Undefined for what is no text. */
function textOf(bytes: Uint8Array): string | undefined {
  return bytes.includes(0) ? undefined : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
}

function openHeader(text: string): Result<SkeletonFile, OpenFailure> {
  const read = parseLightSkeleton(text);
  if (!read.ok) return read;
  const { optsData, optsInsn, maps, programs } = read.value;
  const skeleton = { data: optsData, insns: optsInsn };
  const room = { maps: maps.length, programs: programs.length };
  return ok({ form: "light skeleton", skeletons: [{ skeleton, room }] });
}

/** @param base where the object begins in the outermost file */
function openBytecode(bytes: Uint8Array, base: number): Result<SkeletonArrays, Malformed> {
  const object = decodeBytecodeObject(bytes, { base });
  if (!object.ok) return object;
  const { data, insns } = object.value;
  return ok({ data, insns, offset: base + insns.byteOffset - bytes.byteOffset });
}

function openContainer(container: Container, above: string): Result<SkeletonFile, OpenFailure> {
  const skeletons: SkeletonPart[] = [];
  for (const { name, data, offset } of container.programs) {
    const skeleton = openBytecode(data, offset);
    if (!skeleton.ok) return skeleton;
    skeletons.push({ section: above + name, skeleton: skeleton.value });
  }
  const { machine } = container;
  if (container.nested === undefined) return ok({ form: "container", skeletons, machine });
  const nested = openContainer(container.nested, `${above}.bpf.nested/`);
  return nested.ok
    ? ok({ form: "container", skeletons, machine, nested: nested.value })
    : err(nested.failure);
}
