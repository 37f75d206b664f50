import type { Revision } from "#abi/revisions.ts";
import { err, ok, type Result } from "#core/result.ts";
import { type Container, decodeContainer } from "#formats/elf/container.ts";
import { type LoadedParser, loadParser } from "#vm/load-parser.ts";
import type { LoadFailure } from "#vm/loader/failure.ts";
import type { LoadedProgram } from "#vm/program.ts";
import { profileBtf } from "#vm/target/profile-btf.ts";

/** The reference parsers; `none` for a parser of a format that they do not know. */
export const REFERENCES = ["zboot", "uki", "none"] as const;
export type ReferenceName = (typeof REFERENCES)[number];

export type NamedBytes = { readonly name: string; readonly bytes: Uint8Array };

/** One parser under test. */
export type Subject = {
  /** `uki.bpf .bpf.1`. */
  readonly name: string;
  /** Position among the containers. */
  readonly container: number;
  /** `.bpf.1`, `.bpf.nested/.bpf.1`. */
  readonly path: string;
  /** As the VM loaded it. */
  readonly program: LoadedProgram;
  readonly reference: ReferenceName;
};

/**
 * Every parser of the containers, nested ones too, loaded in the VM.
 *
 * @param reference the reference for all of them. Default: what each was compiled from, by its line records
 *
 * Errors: `malformed`, or `unsupported` with the reason, for a container that the VM does not load.
 */
export function subjectsOf(
  containers: readonly NamedBytes[],
  revision: Revision,
  reference?: ReferenceName,
): Result<readonly Subject[]> {
  const target = profileBtf(revision);
  const subjects: Subject[] = [];
  for (const [index, { name, bytes }] of containers.entries()) {
    const container = decodeContainer(bytes);
    if (!container.ok) return err({ ...container.failure, file: name });
    const loaded = loadParser(bytes, { target });
    if (!loaded.ok) return err(asFailure(loaded.failure, name));
    for (const { path, program } of programsOf(container.value, loaded.value)) {
      subjects.push({
        name: `${name} ${path}`,
        container: index,
        path,
        program,
        reference: reference ?? referenceFor(program),
      });
    }
  }
  return ok(subjects);
}

/** A container's programs with their paths; the VM has them in the same order. */
function programsOf(
  container: Container,
  loaded: LoadedParser,
  prefix = "",
): readonly { readonly path: string; readonly program: LoadedProgram }[] {
  const own = container.programs.flatMap(({ name }, index) => {
    const program = loaded.programs[index];
    return program === undefined ? [] : [{ path: `${prefix}${name}`, program }];
  });
  if (container.nested === undefined || loaded.nested === undefined) return own;
  return [...own, ...programsOf(container.nested, loaded.nested, `${prefix}.bpf.nested/`)];
}

/** The series' parsers and ours are compiled from `zboot_parser_bpf.c` and `uki_parser_bpf.c`. */
function referenceFor(program: LoadedProgram): ReferenceName {
  for (const { file } of program.lines) {
    const name = /(?:^|\/)(zboot|uki)_parser_bpf\.c$/.exec(file)?.[1];
    if (name === "zboot" || name === "uki") return name;
  }
  return "none";
}

function asFailure(failure: LoadFailure, file: string) {
  if (failure.reason === "malformed") return { ...failure, file };
  const detail =
    failure.reason === "load-refused"
      ? failure.details.join("; ")
      : failure.reason === "loader-faulted"
        ? `the loader program faults: ${failure.fault.reason}`
        : failure.detail;
  return { reason: "unsupported", what: "the parser in the VM", detail, file } as const;
}
