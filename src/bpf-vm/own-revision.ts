import { contextRevision } from "#abi/detect.ts";
import { DEFAULT_REVISION, type Revision } from "#abi/revisions.ts";
import { ok, type Result } from "#core/result.ts";
import { type LoadedParser, loadParser } from "./load-parser.ts";
import type { LoadFailure } from "./loader/failure.ts";
import { profileBtf } from "./target/profile-btf.ts";

export type ParserOfRevision = { readonly parser: LoadedParser; readonly revision: Revision };

/**
 * Loads a parser as a kernel with the built-in profile of a revision would: of the one asked for, else of the one that it
 * was compiled for. That is told by the `struct kexec_context` in its own BTF; a parser without one, and a container
 * whose programs differ, is loaded for the default revision.
 */
export function loadForRevision(
  bytes: Uint8Array,
  asked: Revision | undefined,
): Result<ParserOfRevision, LoadFailure> {
  const first = loadFor(bytes, asked ?? DEFAULT_REVISION);
  if (!first.ok || asked !== undefined) return first;
  const own = ownRevision(first.value.parser);
  return own === undefined || own === DEFAULT_REVISION ? first : loadFor(bytes, own);
}

function loadFor(bytes: Uint8Array, revision: Revision): Result<ParserOfRevision, LoadFailure> {
  const loaded = loadParser(bytes, { target: profileBtf(revision) });
  return loaded.ok ? ok({ parser: loaded.value, revision }) : loaded;
}

/** Undefined where the programs do not tell, or not the same. */
function ownRevision(parser: LoadedParser): Revision | undefined {
  const told = new Set<Revision>();
  for (let layer: LoadedParser | undefined = parser; layer; layer = layer.nested) {
    for (const { types } of layer.programs) {
      const revision = types && contextRevision(types);
      if (revision !== undefined) told.add(revision);
    }
  }
  const [revision, another] = told;
  return another === undefined ? revision : undefined;
}
