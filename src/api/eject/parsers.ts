import { join } from "node:path";
import { type Revision, revisionProfile } from "#abi/revisions.ts";
import { packageRoot } from "#api/common/package-root.ts";
import { checkNesting, fittingTargets } from "#build/nesting.ts";
import { ok, type Result } from "#core/result.ts";
import { renderParser, templateFiles } from "#generate/parser-source.ts";
import { loadTargets, type Target } from "#generate/target.ts";
import { templateContext } from "#generate/template-context.ts";
import type { Architecture } from "#kernel-image/architecture.ts";

/** Where the sources lie that declare the interface, for kernels without it. */
const NO_INTERFACE = "no-interface";

/**
 * A parser's C as a build makes it: the bytecode has its lines' numbers and text, so that no other would do. By path in the
 * folder: one for all architectures, or one in a folder for each; and the same for kernels without the interface.
 */
export type EjectedParser = { readonly target: Target; readonly sources: ReadonlyMap<string, string> };

/**
 * The parsers of a revision, built-in ones and the user's own.
 *
 * Errors: `bad-target`, `file-failed`.
 */
export async function ejectedParsers(request: {
  readonly revision: Revision;
  readonly targetFolders: readonly string[];
}): Promise<Result<readonly EjectedParser[]>> {
  const templates = join(packageRoot(), "templates");
  const targets = await loadTargets([templates, ...request.targetFolders]);
  if (!targets.ok) return targets;
  const nesting = checkNesting(targets.value);
  if (!nesting.ok) return nesting;
  const parsers: EjectedParser[] = [];
  for (const target of targets.value.values()) {
    if (target.body[request.revision] === undefined) continue;
    const parser = await ejectedParser(templates, target, request.revision);
    if (!parser.ok) return parser;
    parsers.push(parser.value);
  }
  return ok(parsers);
}

async function ejectedParser(
  templates: string,
  target: Target,
  revision: Revision,
): Promise<Result<EjectedParser>> {
  const files = await templateFiles(templates, target, revision);
  if (!files.ok) return files;
  const sources = new Map<string, string>();
  for (const [folder, kernelHasContext] of [
    ["", true],
    [NO_INTERFACE, false],
  ] as const) {
    const texts = new Map<Architecture, string>();
    for (const arch of target.architectures) {
      const profile = revisionProfile(revision);
      const context = templateContext({ target, arch, profile, kernelHasContext, seedPayloadSize: false });
      const text = await renderParser(files.value, target, context);
      if (!text.ok) return text;
      texts.set(arch, text.value);
    }
    const oneForAll = new Set(texts.values()).size === 1;
    for (const [arch, text] of texts) {
      sources.set(join(folder, oneForAll ? "" : arch, `${target.name}_parser_bpf.c`), text);
    }
  }
  return ok({ target, sources });
}

/** The parsers that there are for an architecture. */
export function parsersFor(
  parsers: readonly EjectedParser[],
  kind: { readonly revision: Revision; readonly arch: Architecture },
): readonly Target[] {
  const targets = new Map(parsers.map(({ target }) => [target.name, target]));
  return [...fittingTargets(targets, kind).values()];
}
