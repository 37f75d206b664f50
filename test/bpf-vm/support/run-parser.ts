import type { Revision } from "#abi/revisions.ts";
import { loadParser } from "#bpf-vm/load-parser.ts";
import type { LoadFailure } from "#bpf-vm/loader/failure.ts";
import type { LoadedProgram } from "#bpf-vm/program.ts";
import { contextLayout, runLoaded } from "#bpf-vm/run-parser.ts";
import type { RunOptions, RunOutcome } from "#bpf-vm/run-program.ts";
import { profileBtf } from "#bpf-vm/target/profile-btf.ts";
import { ok, type Result } from "#core/result.ts";

/** Loads a parser for the revision's built-in profile and runs its first program once over an image. */
export function runParser(
  parser: Uint8Array,
  image: Uint8Array,
  revision: Revision,
  options: RunOptions = {},
): Result<RunOutcome & { readonly program: LoadedProgram }, LoadFailure> {
  const target = profileBtf(revision);
  const layout = contextLayout(target, revision);
  if (layout === undefined) throw new Error(`the profile of ${revision} has no context`);
  const loaded = loadParser(parser, { target });
  if (!loaded.ok) return loaded;
  const [program] = loaded.value.programs;
  if (program === undefined) throw new Error("no program");
  return ok({ ...runLoaded(program, image, layout, options), program });
}
