import type { Revision } from "#abi/revisions.ts";
import type { Context } from "#api/context.ts";
import { loadParser } from "#bpf-vm/load-parser.ts";
import type { LoadFailure } from "#bpf-vm/loader/failure.ts";
import { loadForRevision, type ParserOfRevision } from "#bpf-vm/own-revision.ts";
import { ok, type Result } from "#core/result.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { kernelInterface } from "./kernel-types.ts";

/** The kernel that parsers are loaded for; without a revision each parser's own types tell. */
export type LoadTarget =
  | { readonly revision: Revision; readonly btf: Btf }
  | { readonly revision: Revision | undefined; readonly btf: undefined };

/**
 * Settles the revision. A kernel without the interface gives way to the built-in profile, which is a note.
 *
 * Errors: those of `kernelInterface`.
 */
export async function loadTarget(
  { btf: file, abi }: { readonly btf: string | undefined; readonly abi: Revision | undefined },
  { emit }: Pick<Context, "emit">,
): Promise<Result<LoadTarget>> {
  if (file === undefined) return ok({ revision: abi, btf: undefined });
  const found = await kernelInterface(file, abi ?? "auto");
  if (!found.ok) return found;
  const { revision, source, btf } = found.value;
  if (source === "target") return ok({ revision, btf });
  emit({
    kind: "note",
    text: `${file} has no kexec image parser interface: the built-in ${revision} is used`,
  });
  return ok({ revision, btf: undefined });
}

/** Loads a parser for the kernel. */
export function loadFor(
  bytes: Uint8Array,
  { revision, btf }: LoadTarget,
): Result<ParserOfRevision, LoadFailure> {
  if (btf === undefined) return loadForRevision(bytes, revision);
  const loaded = loadParser(bytes, { target: btf });
  return loaded.ok ? ok({ parser: loaded.value, revision }) : loaded;
}
