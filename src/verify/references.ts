import type { Command } from "#abi/command.ts";
import type { Revision } from "#abi/revisions.ts";
import { type LoadedProgram, sourceOf } from "#bpf-vm/program.ts";
import type { Result } from "#core/result.ts";
import { parseEnvelope } from "#reference-parsers/envelope.ts";
import type { ImageArchitecture, ReferenceInput } from "#reference-parsers/input.ts";
import { parsePlain } from "#reference-parsers/plain.ts";
import { parseUki } from "#reference-parsers/uki.ts";
import { parseZboot } from "#reference-parsers/zboot.ts";
import type { FileField } from "./mutations/field.ts";
import { type NO_REFERENCE, REFERENCES, type ReferenceName } from "./reference-names.ts";

export { NO_REFERENCE, REFERENCES, type ReferenceName } from "./reference-names.ts";

/** A small image that a parser of the user's own takes, with what is known of its fields. */
export type OwnImage = {
  readonly name: string;
  readonly image: Uint8Array;
  readonly fields: readonly FileField[];
};

/** What a parser of the user's own is judged by: `own-formats/` makes one of a module, or of a stream in a file. */
export type OwnReference = {
  readonly name: string;
  /** Where it comes from, absolute. */
  readonly file: string;
  /** Of the file's content, for what goes on where an earlier run ended. */
  readonly digest: string;
  /** Whether it is one for the cases of other references, too: a stream in a file is that of whatever image it is given with. */
  readonly ofEveryCase: boolean;
  /** Errors: those of an image that is refused; `bad-reference`. */
  readonly parse: (input: ReferenceInput) => Result<readonly Command[]>;
  /** The fields of every image of the format. */
  readonly fields: readonly FileField[];
  readonly goodImages: (
    revision: Revision,
    arch: ImageArchitecture | undefined,
  ) => Result<readonly OwnImage[]>;
};

/** What a parser is judged by. */
export type Reference = ReferenceName | typeof NO_REFERENCE | OwnReference;

/** As reports name it. */
export function referenceTitle(reference: Reference): string {
  return typeof reference === "string" ? reference : reference.name;
}

/** The user's own; undefined for a built-in one, and for none. */
export function ownReference(reference: Reference): OwnReference | undefined {
  return typeof reference === "string" ? undefined : reference;
}

const PARSERS: Readonly<Record<ReferenceName, (input: ReferenceInput) => Result<readonly Command[]>>> = {
  zboot: parseZboot,
  envelope: parseEnvelope,
  uki: parseUki,
  plain: parsePlain,
};

/** The stream that a correct parser sends; a failure says why it sends nothing. */
export function expectedStream(
  reference: ReferenceName | OwnReference,
  input: ReferenceInput,
): Result<readonly Command[]> {
  return typeof reference === "string" ? PARSERS[reference](input) : reference.parse(input);
}

/** By the program's source file: `uki_parser_bpf.c` is judged by `uki`. Undefined for any other name. */
export function referenceOf(programs: readonly LoadedProgram[]): ReferenceName | undefined {
  for (const program of programs) {
    const file = sourceOf(program, 0)?.file ?? "";
    const name = /(?:^|\/)(\w+)_parser_bpf\.c$/.exec(file)?.[1];
    const reference = REFERENCES.find((known) => known === name);
    if (reference !== undefined) return reference;
  }
  return undefined;
}
