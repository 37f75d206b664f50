import { dirname, join } from "node:path";
import { readInput } from "#files/input-file.ts";
import { INSTALLED_SOLVERS } from "#prove/solver/installed.ts";
import { askVersions } from "#toolchain/ask-versions.ts";
import { hostPaths } from "./common/host-paths.ts";
import { packageRoot } from "./common/package-root.ts";
import type { Context } from "./context.ts";
import { doctor } from "./doctor.ts";

/** A tool that the program may call. */
export type ToolVersion = {
  readonly name: string;
  /** `too-old`: it is not called. */
  readonly state: "found" | "too-old" | "missing";
  /** Null where it is missing, or does not say. */
  readonly version: string | null;
  readonly path: string | null;
  /** Of bpftool: the version of the libbpf in it. */
  readonly libbpf?: string | null;
};

/** What is called beside the tools that `doctor` looks for: solvers by `prove`, the others by `fleet init --rpm` and `explore --open`. */
const OTHERS = [...INSTALLED_SOLVERS, "bsdtar", "xdg-open"];

/** All tools that the program may call, found or not, with their versions. */
export async function toolVersions(context: Omit<Context, "emit">): Promise<readonly ToolVersion[]> {
  const [{ tools }, solver] = await Promise.all([
    doctor({ kernelTree: undefined }, context),
    solverPackage(),
  ]);
  // After doctor: both keep what they learn in one file.
  const others = await askVersions(
    OTHERS.map((name) => ({ name })),
    hostPaths(context),
  );
  return [
    ...tools.map(({ name, state, version = null, path = null, libbpf }) => ({
      ...{ name, state, version, path },
      ...(name === "bpftool" ? { libbpf: libbpf ?? null } : {}),
    })),
    solver,
    ...others.map((found, at): ToolVersion => {
      const { path = null, version = null } = found ?? {};
      return { name: OTHERS[at] ?? "", state: found === undefined ? "missing" : "found", version, path };
    }),
  ];
}

/** npm's optional package z3-solver, found as Node finds it: in the package's own node_modules, or in those around it. */
async function solverPackage(): Promise<ToolVersion> {
  const name = "z3-solver";
  for (let folder = packageRoot(); ; folder = dirname(folder)) {
    const path = join(folder, "node_modules", name);
    const file = await readInput(join(path, "package.json"));
    const version = file.ok
      ? /"version": *"([^"]+)"/.exec(Buffer.from(file.value).toString())?.[1]
      : undefined;
    if (file.ok) return { name, state: "found", version: version ?? null, path };
    if (folder === dirname(folder)) return { name, state: "missing", version: null, path: null };
  }
}
