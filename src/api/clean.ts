import { realpathSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import type { BuildRequest } from "#build/request.ts";
import { outputsToClean } from "#build/rules.ts";
import { PRIVATE } from "#build/state/state.ts";
import { err, ok, type Result } from "#core/result.ts";
import { fileFailed } from "#files/errno.ts";
import { loadTargets } from "#generate/target.ts";
import { inTurn } from "./common/in-turn.ts";
import { packageRoot } from "./common/package-root.ts";
import type { Context } from "./context.ts";

export type CleanReport = {
  /** What is removed where it is there: files, and the private folder as the last one. */
  readonly removed: readonly string[];
  /** Files that stay, because the request names them as inputs. */
  readonly kept: readonly string[];
};

/**
 * Removes what any build leaves in the output folder, but never a file that the request names as an input. Takes its turn as a build does:
 * nothing is taken away from one at work.
 */
export function clean(
  request: BuildRequest,
  context: Pick<Context, "emit" | "signal">,
): Promise<Result<CleanReport>> {
  return inTurn(request.out, context, async () => {
    const plan = await planClean(request);
    if (!plan.ok) return plan;
    for (const file of plan.value.removed) {
      try {
        rmSync(file, { force: true, recursive: basename(file) === PRIVATE });
      } catch (error) {
        return err(fileFailed("remove", file, error));
      }
    }
    return plan;
  });
}

/** What `clean` would remove; nothing is. */
export async function planClean(request: BuildRequest): Promise<Result<CleanReport>> {
  const targets = await loadTargets([join(packageRoot(), "templates"), ...request.targetFolders]);
  if (!targets.ok) return targets;
  const inputs = inputFiles(request).map(realPath);
  const kept: string[] = [];
  const removed: string[] = [];
  for (const file of [...outputsToClean(request.out, targets.value.keys()), join(request.out, PRIVATE)]) {
    const real = realPath(file);
    if (inputs.some((input) => input === real || input.startsWith(`${real}/`))) {
      kept.push(file);
      continue;
    }
    removed.push(file);
  }
  return ok({ kept, removed });
}

function inputFiles({ kernel, limits, tools, envelope }: BuildRequest): readonly string[] {
  const { libbpfHeaders } = tools;
  return [
    kernel.vmlinux,
    kernel.vmlinuxHeader,
    kernel.image,
    limits.initramfs,
    envelope?.kernel,
    envelope?.initrd,
    libbpfHeaders === undefined ? undefined : join(libbpfHeaders, "bpf_helper_defs.h"),
  ].filter((file) => file !== undefined);
}

/** Where a path leads to; the path itself where that is nowhere. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    fileFailed("open", path, error);
    return path;
  }
}
