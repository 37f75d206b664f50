import { commandTitle } from "#abi/command.ts";
import type { Revision } from "#abi/revisions.ts";
import { latin1 } from "#bytes/reader.ts";
import type { Failure } from "#core/failure.ts";
import type { RecordLimits, ReferenceInput } from "#reference-parsers/input.ts";
import type { parseZboot } from "#reference-parsers/zboot.ts";

export const LIMITS: RecordLimits = { kernel: 4096, initrd: 2048, cmdline: 256 };

export type Parser = typeof parseZboot;

/**
 * What a parser makes of an image: each command with its payload as text, or
 * `[reason, section, offset, detail]` of the failure.
 */
export function outcome(
  parse: Parser,
  image: Uint8Array,
  revision: Revision = "v7",
  limits: RecordLimits = LIMITS,
): readonly (string | number)[] {
  const input: ReferenceInput = { image, limits, revision };
  const result = parse(input);
  if (!result.ok) return failed(result.failure);
  return result.value.map((command) =>
    command.command === "DONE" && command.payload.length === 0
      ? "DONE"
      : `${commandTitle(command)} ${latin1(command.payload)}`,
  );
}

function failed(failure: Failure): readonly (string | number)[] {
  if (failure.reason === "malformed") {
    return [failure.reason, failure.section, failure.offset, failure.detail];
  }
  if (failure.reason === "size-exceeded" && failure.field !== undefined) {
    const { section, offset } = failure.field;
    return [failure.reason, section, offset, `${failure.what}: ${failure.size} > ${failure.limit}`];
  }
  return [failure.reason];
}

/** Whether the outcome is a refusal. */
export function isRefusal(made: readonly (string | number)[]): boolean {
  return ["malformed", "size-exceeded", "unsupported"].includes(String(made[0]));
}
