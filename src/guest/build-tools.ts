import { findExecutable } from "#toolchain/search-path.ts";
import type { PackagedTool } from "#toolchain/toolchain.ts";
import { compilerName, type GuestArch, hostArch } from "./guest-arch.ts";
import type { HostPaths } from "./host-paths.ts";

/** A program that agent and module of a guest are built with. */
export type BuildTool = {
  readonly name: string;
  readonly package: PackagedTool;
  readonly purpose: string;
  /** What makes it tell its version, where `--version` says more than that. */
  readonly question?: string;
};

/**
 * What building for a guest takes: the agent a compiler, the module make and pahole, too. Without pahole, make builds a
 * module without BTF, which no parser can be loaded against.
 */
export function buildTools(arch: GuestArch, withModule: boolean): readonly BuildTool[] {
  const compiler: BuildTool = {
    name: compilerName(arch),
    package: arch.name === hostArch() || arch.name === "x86" ? "gcc" : `gcc-${arch.name}`,
    purpose: `for the agent in kernels of ${arch.name}`,
    question: "-dumpfullversion",
  };
  const module: readonly BuildTool[] = [
    { name: "make", package: "make", purpose: "for the module with the interface" },
    { name: "pahole", package: "pahole", purpose: "for the module's BTF" },
  ];
  return withModule ? [compiler, ...module] : [compiler];
}

/** Where a program is in PATH. */
export function findBuildTool({ name }: BuildTool, around: HostPaths): string | undefined {
  return findExecutable(name, around.searchPath, around.cwd);
}
