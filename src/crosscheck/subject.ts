import type { LoadedParser } from "#bpf-vm/load-parser.ts";
import type { LoadedProgram } from "#bpf-vm/program.ts";
import type { ImageArchitecture, RecordLimits } from "#reference-parsers/input.ts";
import {
  NO_REFERENCE,
  type OwnReference,
  type Reference,
  type ReferenceName,
  referenceOf,
} from "#verify/references.ts";
import { imageArchitecture, type ParserInterface } from "#verify/subject.ts";

export type NamedBytes = { readonly name: string; readonly bytes: Uint8Array };

/** One program of a container, under test by itself. */
export type ProgramUnderTest = ParserInterface & {
  /** `uki.bpf .bpf.1`. */
  readonly name: string;
  /** Position among the containers. */
  readonly container: number;
  /** Of the container. */
  readonly sha256: string;
  /** `.bpf.1`, `.bpf.nested/.bpf.1`. */
  readonly path: string;
  /** As the VM loaded it. */
  readonly program: LoadedProgram;
  /** Undefined where no reference parser knows the format. */
  readonly reference: ReferenceName | OwnReference | undefined;
  /** Of the kernels that it is for, where the container says so. */
  readonly arch: ImageArchitecture | undefined;
  /** The largest parts that its records have room for, in bytes. */
  readonly limits: RecordLimits;
};

export type ProgramOptions = {
  /** The container's name, and its position among the containers. */
  readonly name: string;
  readonly container: number;
  readonly sha256: string;
  readonly known: ParserInterface;
  readonly limits: RecordLimits;
  /** For all programs; one of the user's own for the outermost. Default: what each was compiled from, by its line records. */
  readonly reference?: Reference | undefined;
};

/** Every program of a container, those of nested containers too. */
export function programsUnderTest(
  parser: LoadedParser,
  options: ProgramOptions,
): readonly ProgramUnderTest[] {
  const { name, container, sha256, known, limits, reference } = options;
  const own = parser.programs.map((program): ProgramUnderTest => {
    const path = program.section ?? program.name;
    const judge = reference ?? referenceOf([program]);
    return {
      ...known,
      ...{ name: `${name} ${path}`, container, sha256, path, program, limits },
      reference: judge === NO_REFERENCE ? undefined : judge,
      arch: imageArchitecture(parser),
    };
  });
  if (parser.nested === undefined) return own;
  const inner = typeof reference === "object" ? undefined : reference;
  return [...own, ...programsUnderTest(parser.nested, { ...options, reference: inner })];
}
