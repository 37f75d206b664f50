import type { PerPart } from "#abi/parts.ts";
import { asFailure } from "#bpf-vm/loader/failure.ts";
import { loadForRevision } from "#bpf-vm/own-revision.ts";
import type { Failure } from "#core/failure.ts";
import type { Result } from "#core/result.ts";
import { ringLimits } from "#verify/ring-limits.ts";
import { type ParserUnderTest, parsersUnderTest } from "#verify/subject.ts";
import { LARGEST_PARTS } from "./inspection.ts";

/** Loads a parser file for the revision that it was compiled for, as `verify` does. Errors: those of loading; `usage` for an unknown format. */
export function openSubjects(
  name: string,
  bytes: Uint8Array,
  limits?: PerPart<number>,
): Result<readonly ParserUnderTest[], Failure> {
  const loaded = loadForRevision(bytes, undefined);
  if (!loaded.ok) return { ok: false, failure: asFailure(loaded.failure) };
  const { parser, revision } = loaded.value;
  const own = limits ?? ringLimits(parser, revision) ?? LARGEST_PARTS;
  return parsersUnderTest(parser, { name, revision, limits: own });
}
