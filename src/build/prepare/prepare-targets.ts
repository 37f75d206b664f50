import type { Revision } from "#abi/revisions.ts";
import { checkFit, checkNesting, fittingTargets, type KernelKind } from "#build/nesting.ts";
import { ok, type Result } from "#core/result.ts";
import { templateFiles } from "#generate/parser-source.ts";
import type { Target } from "#generate/target.ts";

/** The targets that can be made for this kind of kernel. Errors: `bad-target`. */
export function chooseTargets(
  goals: readonly string[],
  targets: ReadonlyMap<string, Target>,
  kind: KernelKind,
): Result<ReadonlyMap<string, Target>> {
  const nesting = checkNesting(targets);
  if (!nesting.ok) return nesting;
  const fit = checkFit(goals, targets, kind);
  return fit.ok ? ok(fittingTargets(targets, kind)) : fit;
}

/** By target: the files that its source is made from. Errors: `bad-target`, `file-failed`. */
export async function templateFilesOf(
  targets: ReadonlyMap<string, Target>,
  templates: string,
  revision: Revision,
): Promise<Result<ReadonlyMap<string, readonly string[]>>> {
  const files = new Map<string, readonly string[]>();
  for (const target of targets.values()) {
    const found = await templateFiles(templates, target, revision);
    if (!found.ok) return found;
    files.set(target.name, found.value);
  }
  return ok(files);
}
