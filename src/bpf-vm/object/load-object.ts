import { Errno } from "#bpf-vm/errno.ts";
import { relocate } from "#bpf-vm/loader/core-relocation.ts";
import { type LoadFailure, NotModelled, Refusal } from "#bpf-vm/loader/failure.ts";
import { finishProgram } from "#bpf-vm/loader/finish-program.ts";
import type { LoaderOptions } from "#bpf-vm/loader/light-skeleton.ts";
import { creationProblem } from "#bpf-vm/maps/definition.ts";
import type { LoadedProgram } from "#bpf-vm/program.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { decodeBtf } from "#formats/btf/decode.ts";
import { decodeBtfExt } from "#formats/btf/ext.ts";
import type { BtfExt, ExtSection } from "#formats/btf/ext-types.ts";
import type { ElfFile } from "#formats/elf/elf-file.ts";
import { type CodeSection, codeSections, type ObjectFunction } from "./code.ts";
import { checkSections } from "./fix-ups.ts";
import { kindOf } from "./kind.ts";
import { linkProgram, type Placed } from "./link.ts";
import { objectMaps } from "./object-maps.ts";

/** Functions that only programs call; not a program itself. */
const TEXT = ".text";

/**
 * Loads every program of a BPF object (`clang -target bpf`) as libbpf and the kernel would: a program is
 * each function of a section that is not `.text`, in the file's order (`fix-ups.ts` has what libbpf does to an object). The section's name says
 * what it is attached to (`fentry.s/kexec_image_parser_anchor`).
 */
export function loadObject(
  elf: ElfFile,
  options: LoaderOptions,
): Result<readonly LoadedProgram[], LoadFailure> {
  const code = codeSections(elf);
  if (!code.ok) return code;
  const types = elf.sectionData(".BTF");
  if (!types.ok) return types;
  const btf = decodeBtf(types.value);
  if (!btf.ok) return btf;
  const extra = elf.sectionData(".BTF.ext");
  const ext = extra.ok ? decodeBtfExt(extra.value, btf.value) : ok(NO_EXT);
  if (!ext.ok) return ext;
  const object = { elf, code: code.value, btf: btf.value, ext: ext.value };
  try {
    checkSections(elf.sections.map(({ name }) => name));
    const programs = code.value
      .filter(({ section }) => section.name !== TEXT)
      .flatMap((part) => programsOf(part).map((main) => [part, main] as const))
      .map(([part, main]) => loadOne(object, part, main, options));
    if (programs.length > 0) return ok(programs);
    return err({ reason: "nothing-loaded", detail: "the object has no program" });
  } catch (error) {
    if (error instanceof NotModelled) return err({ reason: "not-modelled", detail: error.message });
    if (!(error instanceof Refusal)) throw error;
    return err({ reason: "load-refused", errno: error.errno, details: [error.message] });
  }
}

/**
 * None of a section whose name begins with `?`: such are loaded only where user space asks for it.
 *
 * @throws Refusal (-EOPNOTSUPP) for a static function
 */
function programsOf({ section, functions }: CodeSection): readonly ObjectFunction[] {
  const local = functions.find(({ global }) => !global);
  if (local !== undefined) {
    const detail = `${local.name} in section ${section.name} is static, and libbpf takes no such program`;
    throw new Refusal(Errno.EOPNOTSUPP, detail);
  }
  return section.name.startsWith("?") ? [] : [...functions].sort((a, b) => a.start - b.start);
}

const NO_EXT: BtfExt = { functions: [], lines: [], relocations: [] };

type BpfObject = {
  readonly elf: ElfFile;
  readonly code: readonly CodeSection[];
  readonly btf: Btf;
  readonly ext: BtfExt;
};

function loadOne(
  { elf, code, btf, ext }: BpfObject,
  part: CodeSection,
  main: ObjectFunction,
  { target, pageSize = 4096 }: LoaderOptions,
): LoadedProgram {
  const maps = objectMaps(elf, btf, pageSize);
  for (const map of maps.definitions) {
    const problem = creationProblem(map, pageSize);
    if (problem !== undefined) throw new Refusal(problem.errno, `map ${map.name}: ${problem.detail}`);
  }
  const { instructions, placed } = linkProgram(
    { code: part, function: main },
    {
      sections: code,
      maps,
      kfunc: (name) => target.find(name, ["func"]),
      ksym: (name) => target.find(name, ["var", "func"]),
    },
  );
  const { type, attachType, attachId } = kindOf(part.section.name, target);
  const none = (): never => {
    throw new Refusal(Errno.EINVAL, "a reference that only a loader program can make");
  };
  const program = finishProgram({
    name: main.name,
    type,
    attachType,
    attachId,
    instructions: relocate(instructions, moved(ext.relocations, placed), { local: btf, target }),
    lines: moved(ext.lines, placed),
    functions: moved(ext.functions, placed).map((info) => ({
      offset: info.offset,
      name: btf.name(info.type),
    })),
    types: btf,
    target,
    maps: maps.definitions,
    mapOf: (place) => place,
    mapAt: none,
    btfAt: none,
  });
  return { ...program, section: part.section.name };
}

/** The records of the functions that were linked, at their places in the program. */
function moved<Item extends { readonly offset: number }>(
  sections: readonly ExtSection<Item>[],
  placed: readonly Placed[],
): Item[] {
  return placed.flatMap(({ code, function: { start, end }, start: at }) =>
    sections
      .filter(({ section }) => section === code.section.name)
      .flatMap(({ records }) => records)
      .filter(({ offset }) => offset >= 8 * start && offset < 8 * end)
      .map((record) => ({ ...record, offset: record.offset + 8 * (at - start) })),
  );
}
