import { loadFor, loadTarget } from "#api/common/load-target.ts";
import type { NamedFile } from "#api/common/named-file.ts";
import { limitsOf } from "#api/common/parser-limits.ts";
import type { Context } from "#api/context.ts";
import { asFailure } from "#bpf-vm/loader/failure.ts";
import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { readInput } from "#files/input-file.ts";
import type { PageParser } from "#page/data.ts";

/** A parser that a page can run. */
export type KeptParser = Omit<PageParser, "blob"> & { readonly bytes: Uint8Array };

const NOT_SAID = { kernel: undefined, initrd: undefined, cmdline: undefined };

/** A parser for a page, with the limits of its records as `verify` finds them. Errors: those of reading and loading it. */
export async function pageParser(
  { name, file }: NamedFile,
  context: Pick<Context, "emit">,
): Promise<Result<KeptParser>> {
  const bytes = await readInput(file);
  if (!bytes.ok) return bytes;
  const target = await loadTarget({ btf: undefined, abi: undefined }, context);
  if (!target.ok) return target;
  const loaded = loadFor(bytes.value, target.value);
  if (!loaded.ok) return err(inFile(asFailure(loaded.failure), file));
  const { parser, revision } = loaded.value;
  const { limits } = await limitsOf(file, parser, { limits: NOT_SAID, include: [] }, revision);
  return ok({ name, bytes: bytes.value, limits, revision, reference: null, arch: null });
}
