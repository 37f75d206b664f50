import { join } from "node:path";
import type { Context } from "#api/context.ts";
import type { HostPaths } from "#guest/host-paths.ts";
import { cacheFolder } from "#toolchain/settings.ts";
import { packageRoot, setupScript } from "./package-root.ts";

/** Where virtual machines find their parts. */
export function hostPaths({ cwd, env, signal }: Omit<Context, "emit">): HostPaths {
  const root = packageRoot();
  return {
    sources: join(root, "bpf"),
    debianPackage: join(root, "scripts", "debian-package"),
    moduleRoot: join(root, "scripts", "module-root"),
    setupScript: setupScript(),
    cacheDir: cacheFolder(env),
    searchPath: env["PATH"] ?? "",
    cwd,
    signal,
  };
}
