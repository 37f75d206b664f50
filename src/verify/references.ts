import type { Command } from "#abi/command.ts";
import { type LoadedProgram, sourceOf } from "#bpf-vm/program.ts";
import type { Result } from "#core/result.ts";
import { parseEnvelope } from "#reference-parsers/envelope.ts";
import type { ReferenceInput } from "#reference-parsers/input.ts";
import { parsePlain } from "#reference-parsers/plain.ts";
import { parseUki } from "#reference-parsers/uki.ts";
import { parseZboot } from "#reference-parsers/zboot.ts";
import { REFERENCES, type ReferenceName } from "./reference-names.ts";

export { REFERENCES, type ReferenceName } from "./reference-names.ts";

const PARSERS: Readonly<Record<ReferenceName, (input: ReferenceInput) => Result<readonly Command[]>>> = {
  zboot: parseZboot,
  envelope: parseEnvelope,
  uki: parseUki,
  plain: parsePlain,
};

/** The stream that a correct parser sends; a failure says why it sends nothing. */
export function expectedStream(reference: ReferenceName, input: ReferenceInput): Result<readonly Command[]> {
  return PARSERS[reference](input);
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
