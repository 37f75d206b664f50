import { join } from "node:path";
import { hostPaths } from "#api/common/host-paths.ts";
import type { Context } from "#api/context.ts";
import { err, ok, type Result } from "#core/result.ts";
import { digest } from "#files/digest.ts";
import { fileFailed } from "#files/errno.ts";
import { filesIn } from "#files/folder.ts";
import { makeFolder } from "#files/output.ts";
import { stampOf } from "#files/stamp.ts";
import { remedy } from "#guest/host-paths.ts";
import { runTool } from "#toolchain/process.ts";
import { cacheFolder } from "#toolchain/settings.ts";

/**
 * Takes kernels out of the RPM packages of a folder, by bsdtar, which reads them as they are. What was unpacked stays in the cache.
 *
 * @returns the folder that they are in
 *
 * Errors: `file-failed`; `input-not-found` where there are no packages; `tool-missing`; `tool-failed`; `cancelled`.
 */
export async function unpackRpms(folder: string, context: Context): Promise<Result<string>> {
  const { env, signal } = context;
  let packages: readonly string[];
  try {
    packages = (await filesIn(folder)).filter((name) => name.endsWith(".rpm"));
  } catch (error) {
    return err(fileFailed("read", folder, error));
  }
  if (packages.length === 0) {
    return err({ reason: "input-not-found", what: "RPM packages", tried: [folder], hint: "--rpm DIR" });
  }
  const stamps = packages.map((name) => [name, stampOf(join(folder, name))]);
  const unpacked = join(cacheFolder(env), "rpm", digest(JSON.stringify([folder, stamps])).slice(0, 16));
  for (const name of packages) {
    const own = join(unpacked, name.slice(0, -".rpm".length));
    const made = await makeFolder(own);
    if (!made.ok) return made;
    const run = await runTool({
      tool: "bsdtar",
      file: "bsdtar",
      args: ["-xf", join(folder, name), "-C", own, "--include", "*/vmlinu[xz]*"],
      signal,
    });
    if (!run.ok && run.failure.reason === "tool-missing") {
      return err({ ...run.failure, ...(await remedy(hostPaths(context), ["bsdtar"])) });
    }
    // A package without kernels is one that nothing matches in.
    if (!run.ok && !(run.failure.reason === "tool-failed" && /not found in archive/i.test(run.failure.log))) {
      return run;
    }
  }
  return ok(unpacked);
}
