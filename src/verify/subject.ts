import { type HeaderLayout, headerLayout, headerLayoutFromBtf } from "#abi/header-layout.ts";
import { ANCHOR, type Revision } from "#abi/revisions.ts";
import type { LoadedParser } from "#bpf-vm/load-parser.ts";
import type { LoadedProgram } from "#bpf-vm/program.ts";
import { type ContextLayout, contextLayout } from "#bpf-vm/run-parser.ts";
import { profileBtf } from "#bpf-vm/target/profile-btf.ts";
import type { Failure } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { EM } from "#formats/elf/constants.ts";
import type { ImageArchitecture, RecordLimits } from "#reference-parsers/input.ts";
import type { ParserArchitecture } from "./parser-architecture.ts";
import { NO_REFERENCE, type Reference, referenceOf } from "./references.ts";

/** A parser under judgement, with what it is judged by. */
export type ParserUnderTest = {
  /** As reports name it: the file, and `.bpf.nested` for the parser of the next layer. */
  readonly name: string;
  /** 1 for the file's own parsers, 2 for those of its `.bpf.nested`, and so on. */
  readonly layer: number;
  readonly revision: Revision;
  /** In the order in which the kernel tries them until one sends DONE. */
  readonly programs: readonly LoadedProgram[];
  readonly context: ContextLayout;
  readonly header: HeaderLayout;
  readonly reference: Reference;
  /** Of the kernels that it is for, where that is known. */
  readonly arch: ImageArchitecture | undefined;
  /** The largest parts that its records have room for, in bytes. */
  readonly limits: RecordLimits;
};

export type UnderTestOptions = {
  readonly name: string;
  readonly revision: Revision;
  readonly limits: RecordLimits;
  /** The kernel's own BTF. Default: the revision's built-in profile. */
  readonly target?: Btf;
  /** Default: by the name of the program's source file. */
  readonly reference?: Reference;
  /** Where neither `reference` nor a name tells. Default: an error. */
  readonly otherwise?: Reference;
  /** For a file that does not say; another than it says is an error. */
  readonly arch?: ParserArchitecture | undefined;
};

/**
 * The subjects in a loaded parser: itself, or each of a container's parsers, and those of each `.bpf.nested` inside it.
 * A reference that is asked for is that of the outermost; the nested ones are told by their source files. Where the outermost has
 * none, or one of the user's own, nested ones that are not told have none.
 *
 * Errors: `usage` where no reference parser is named and the source file's name does not tell, and for an architecture that the file is
 * not for;
 * `abi-mismatch` and `unsupported` where the target's BTF has not got the interface.
 */
export function parsersUnderTest(
  parser: LoadedParser,
  options: UnderTestOptions,
): Result<readonly ParserUnderTest[], Failure> {
  const known = parserInterface(options.revision, options.target);
  if (!known.ok) return known;
  const subjects: ParserUnderTest[] = [];
  let depth = 1;
  for (let layer: LoadedParser | undefined = parser; layer; layer = layer.nested) {
    const own = layerSubjects(layer, depth++, options, known.value);
    if (!own.ok) return own;
    subjects.push(...own.value);
  }
  return ok(subjects);
}

function layerSubjects(
  { programs, machine }: LoadedParser,
  layer: number,
  { revision, name, limits, reference: wanted, otherwise: last, arch }: UnderTestOptions,
  known: ParserInterface,
): Result<readonly ParserUnderTest[], Failure> {
  const outermost = layer === 1;
  const named = outermost ? wanted : undefined;
  const isOwn = wanted === NO_REFERENCE || typeof wanted === "object";
  const otherwise = isOwn ? NO_REFERENCE : last;
  const several = programs.length > 1 && programs.every(({ section }) => section !== undefined);
  const groups = several ? programs.map((program) => [program]) : [programs];
  const own = machine === undefined ? undefined : MACHINES.get(machine);
  if (own !== undefined && arch !== undefined && own !== arch) {
    return err({ reason: "usage", detail: `${name}: it is for ${own}, and --arch says ${arch}` });
  }
  const subjects: ParserUnderTest[] = [];
  for (const group of groups) {
    const section = group[0]?.section ?? "";
    const title = several ? `${name} ${section}` : outermost ? name : `${name} ${containerOf(section)}`;
    const reference = named ?? referenceOf(group) ?? otherwise;
    if (reference === undefined) {
      return err({
        reason: "usage",
        detail: `${title}: whose formats it takes is not known; say --reference NAME, --reference ./FORMAT.mjs (docs/targets.md) or --reference none`,
      });
    }
    if (reference === "plain" && arch === "x86") {
      return err({
        reason: "usage",
        detail: `${title}: kernels of x86 have no header that plain could know`,
      });
    }
    subjects.push({
      ...known,
      ...{ name: title, layer, revision, programs: group, reference, limits },
      arch: arch === "x86" ? undefined : (arch ?? imageArchitecture({ machine })),
    });
  }
  return ok(subjects);
}

/** `.bpf.nested` of `.bpf.nested/.bpf.1`. */
function containerOf(section: string): string {
  return section.slice(0, section.lastIndexOf("/"));
}

/** The architecture whose Images a parser is for; undefined where its file does not say, and for x86. */
export function imageArchitecture({ machine }: Pick<LoadedParser, "machine">): ImageArchitecture | undefined {
  const own = machine === undefined ? undefined : MACHINES.get(machine);
  return own === "x86" ? undefined : own;
}

const MACHINES: ReadonlyMap<number, ParserArchitecture> = new Map([
  [EM.X86_64, "x86"],
  [EM.AARCH64, "arm64"],
  [EM.RISCV, "riscv"],
  [EM.LOONGARCH, "loongarch"],
]);

/** What parsers are shown and what they send, in one kernel's layout. */
export type ParserInterface = Pick<ParserUnderTest, "context" | "header">;

/**
 * The interface in the kernel's own BTF; default: in the revision's built-in profile.
 *
 * Errors: `abi-mismatch` and `unsupported` where the target's BTF has not got it.
 */
export function parserInterface(revision: Revision, target?: Btf): Result<ParserInterface, Failure> {
  const header = target === undefined ? ok(headerLayout(revision)) : headerOf(target, revision);
  if (!header.ok) return header;
  const context = contextLayout(target ?? profileBtf(revision), revision);
  if (context === undefined) {
    const detail = `the BTF has no context of ${revision}`;
    return err({ reason: "unsupported", what: `${ANCHOR}()`, detail });
  }
  return ok({ context, header: header.value });
}

/** A stock kernel's BTF has no `cmd_hdr`: then the profile's holds. */
function headerOf(target: Btf, revision: Revision): Result<HeaderLayout, Failure> {
  return target.find("cmd_hdr", ["struct"]) === undefined
    ? ok(headerLayout(revision))
    : headerLayoutFromBtf(target, revision);
}
