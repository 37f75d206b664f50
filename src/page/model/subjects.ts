import { LARGEST_PARTS } from "#abi/limits.ts";
import { asFailure } from "#bpf-vm/loader/failure.ts";
import { loadForRevision } from "#bpf-vm/own-revision.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { PageParser } from "#page/data.ts";
import { NO_REFERENCE, type OwnReference } from "#verify/references.ts";
import { ringLimits } from "#verify/ring-limits.ts";
import { type ParserUnderTest, parsersUnderTest } from "#verify/subject.ts";

/**
 * Loads a parser as `verify` does: its subjects, each with its reference. Errors: those of loading it.
 *
 * @param own the format of the user's own that the page has
 */
export function openSubjects(
  parser: Omit<PageParser, "blob">,
  bytes: Uint8Array,
  own?: OwnReference,
): Result<readonly ParserUnderTest[]> {
  const { name, revision: asked, reference, arch } = parser;
  const loaded = loadForRevision(bytes, asked ?? undefined);
  if (!loaded.ok) return err(asFailure(loaded.failure));
  const { parser: opened, revision } = loaded.value;
  const limits = parser.limits ?? ringLimits(opened, revision) ?? LARGEST_PARTS;
  const subjects = parsersUnderTest(opened, {
    ...{ name, revision, limits },
    ...(reference && { reference: reference === "own" ? (own ?? NO_REFERENCE) : reference }),
    ...(own && { otherwise: own }),
    arch: arch ?? undefined,
  });
  return subjects.ok ? ok(subjects.value) : subjects;
}
