import { join } from "node:path";
import { packageRoot, setupScript } from "#api/package-root.ts";
import type { Surroundings } from "#guest/surroundings.ts";
import type { Io } from "#report/io.ts";
import { cacheFolder } from "#toolchain/settings.ts";

/** Where virtual machines find their parts. */
export function surroundings(io: Pick<Io, "cwd" | "env" | "signal">): Surroundings {
  const root = packageRoot();
  return {
    sources: join(root, "bpf"),
    debianPackage: join(root, "scripts", "debian-package"),
    moduleRoot: join(root, "scripts", "module-root"),
    setupScript: setupScript(),
    cacheDir: cacheFolder(io.env),
    searchPath: io.env["PATH"] ?? "",
    cwd: io.cwd,
    signal: io.signal,
  };
}
