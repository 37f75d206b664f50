import type { Malformed } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { ET, SHT } from "./constants.ts";
import { type DecodeElfOptions, decodeElf, type ElfFile } from "./elf-file.ts";
import { encodeElf } from "./encode.ts";
import { objectFlags } from "./object.ts";
import type { ElfSection } from "./types.ts";

/** Programs of one container: `.bpf.1` to `.bpf.8`. */
export const MAX_CONTAINER_PROGRAMS = 8;
/** A container and what it nests, counted together. */
const MAX_CONTAINER_DEPTH = 4;

const NESTED = ".bpf.nested";
const PROGRAM_NAME = new RegExp(`^\\.bpf\\.[1-${MAX_CONTAINER_PROGRAMS}]$`);

export type ContainerSection = { readonly name: string; readonly data: Uint8Array };

/** A `.bpf` file: parsers that the kernel tries in order, and the container for the next layer. */
export type Container = {
  readonly machine: number;
  /** `.bpf.1`, `.bpf.2`, … in the order of their digits; at least one. */
  readonly programs: readonly ContainerProgram[];
  readonly nested?: Container;
};

export type ContainerProgram = {
  readonly name: string;
  /** A bytecode object (see `decodeBytecodeObject`), as a view. */
  readonly data: Uint8Array;
  /** Of `data`, in the outermost file. */
  readonly offset: number;
};

/**
 * Writes a `.bpf` container: ELF64 little-endian ET_REL with the null section, the given sections
 * (SHT_PROGBITS, no flags, 8-aligned) and `.shstrtab`. Fails (`malformed`, section and offset of the
 * would-be file) when the names break the rules that `decodeContainer` checks.
 */
export function encodeContainer(input: {
  readonly machine: number;
  readonly sections: readonly ContainerSection[];
}): Result<Uint8Array, Malformed> {
  const problem = nameProblem(input.sections.map((section) => section.name));
  if (problem !== undefined) return err(broken(0, problem.detail));
  return ok(
    encodeElf({
      type: ET.REL,
      machine: input.machine,
      flags: objectFlags(input.machine),
      sections: input.sections.map(({ name, data }) => ({ name, type: SHT.PROGBITS, align: 8, data })),
    }),
  );
}

/**
 * Decodes a `.bpf` container and those nested in it, and enforces the naming contract of the series' v7:
 * sections `.bpf.1` to `.bpf.8` with one digit, without gap or duplicate, at most one `.bpf.nested`, the
 * null section, `.shstrtab`, and nothing else; at most four containers inside one another.
 * Bytes behind the ELF file (a module-style signature) are not looked at.
 */
export function decodeContainer(
  bytes: Uint8Array,
  options: DecodeElfOptions = {},
): Result<Container, Malformed> {
  return decodeLayer(bytes, options.base ?? 0, 1);
}

function decodeLayer(bytes: Uint8Array, base: number, depth: number): Result<Container, Malformed> {
  if (depth > MAX_CONTAINER_DEPTH) {
    return err(broken(base, `containers nested deeper than ${MAX_CONTAINER_DEPTH}`, NESTED));
  }
  const elf = decodeElf(bytes, { base });
  if (!elf.ok) return elf;
  const file = elf.value;
  const problem = layerProblem(file);
  if (problem !== undefined) return err(problem);

  const programs = file.sections
    .filter((section) => PROGRAM_NAME.test(section.name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, data, offset }) => ({ name, data, offset: file.outermostOffset(offset) }));
  const inner = file.section(NESTED);
  if (inner === undefined) return ok({ machine: file.header.machine, programs });
  const nested = decodeLayer(inner.data, file.outermostOffset(inner.offset), depth + 1);
  return nested.ok ? ok({ machine: file.header.machine, programs, nested: nested.value }) : nested;
}

function layerProblem(file: ElfFile): Malformed | undefined {
  if (!file.header.littleEndian) return broken(file.outermostOffset(5), "big-endian", "file header");
  if (file.header.programHeaderCount !== 0) {
    return broken(file.outermostOffset(0x38), "has program headers", "file header");
  }
  const content = file.sections.filter((section) => !isScaffold(file, section));
  const headerOf = (section: ElfSection) =>
    file.outermostOffset(file.header.sectionHeaderOffset + section.index * 64);

  const names = nameProblem(content.map((section) => section.name));
  if (names !== undefined) {
    const section = names.culprit === undefined ? undefined : content[names.culprit];
    return section === undefined
      ? broken(file.outermostOffset(file.header.sectionHeaderOffset), names.detail)
      : broken(headerOf(section), names.detail, `section header ${section.index}`);
  }
  const odd = content.find((section) => section.type !== SHT.PROGBITS);
  return odd && broken(headerOf(odd), `${odd.name} has type ${odd.type}`, `section header ${odd.index}`);
}

/** The null section and the section names, which every ELF file with named sections has. */
function isScaffold(file: ElfFile, section: ElfSection): boolean {
  if (section.index === 0) return section.type === SHT.NULL;
  return section.index === file.header.sectionNamesIndex && section.name === ".shstrtab";
}

/** Why these names (scaffold left out) make no container; `culprit` is the position of the offending one. */
function nameProblem(names: readonly string[]): { detail: string; culprit?: number } | undefined {
  const foreign = names.findIndex((name) => name !== NESTED && !PROGRAM_NAME.test(name));
  if (foreign >= 0) return { detail: `foreign section ${JSON.stringify(names[foreign])}`, culprit: foreign };
  const repeated = names.findIndex((name, i) => names.indexOf(name) !== i);
  if (repeated >= 0) return { detail: `duplicate section ${names[repeated]}`, culprit: repeated };
  const programs = names.filter((name) => name !== NESTED).sort();
  if (programs.length === 0) return { detail: "no section .bpf.1" };
  const gap = programs.findIndex((name, i) => name !== `.bpf.${i + 1}`);
  if (gap < 0) return undefined;
  const after = programs[gap] ?? "";
  return { detail: `${after} without .bpf.${gap + 1}`, culprit: names.indexOf(after) };
}

function broken(offset: number, detail: string, section = "section header table"): Malformed {
  return { reason: "malformed", format: ".bpf container", section, offset, detail };
}
