import { copyFile, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Revision } from "#abi/revisions.ts";
import { err, ok, type Result } from "#core/result.ts";
import { digest } from "#files/digest.ts";
import { fileFailed } from "#files/errno.ts";
import { makeFolder, writeOutput } from "#files/output.ts";
import { inTemporaryFolder } from "#files/temporary-folder.ts";
import { runTool } from "#toolchain/process.ts";
import { findExecutable } from "#toolchain/search-path.ts";
import { buildTools, findBuildTool } from "./build-tools.ts";
import type { GuestKernel } from "./debian-kernel.ts";
import { compilerName, GUEST_ARCHS, type GuestArch } from "./guest-arch.ts";
import { cancelledBy, type HostPaths, remedy } from "./host-paths.ts";

/** What runs in the guest: the agent (its init) and the module with the interface. */
export type GuestPrograms = {
  readonly agent: Uint8Array;
  /** Undefined for a kernel that has the interface itself. */
  readonly module: Uint8Array | undefined;
};

const MODULE = "kexec-testbed.ko";

/** Runs a command in a root folder, with a /proc, which the kernel's tools look into. */
const ENTER = ["unshare", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc"];

/**
 * Compiles the agent, and the module for a kernel and a revision. Both are kept in the cache, under the digest of
 * all that went into them.
 *
 * @param revision undefined for a kernel that has the interface itself: it gets no module
 *
 * Errors: `tool-missing` for a compiler, make or pahole; `tool-failed` with the compiler's words.
 */
export async function guestPrograms(
  kernel: GuestKernel,
  revision: Revision | undefined,
  around: HostPaths,
  arch: GuestArch = GUEST_ARCHS.x86,
): Promise<Result<GuestPrograms>> {
  const tools = buildTools(arch, revision !== undefined);
  const found = await Promise.all(tools.map((tool) => findBuildTool(tool, around)));
  const missing = tools.filter((_, i) => found[i] === undefined);
  if (missing[0] !== undefined) {
    const mend = await remedy(
      around,
      missing.map((tool) => tool.package),
    );
    return err({ reason: "tool-missing", tool: missing[0].name, tried: ["PATH"], ...mend });
  }
  const testbed = await sourcesIn(join(around.sources, "testbed"));
  if (!testbed.ok) return testbed;
  const agent = await buildAgent(testbed.value, arch, around);
  if (!agent.ok) return agent;
  if (revision === undefined) return ok({ agent: agent.value, module: undefined });
  const module = await buildModule(kernel, revision, testbed.value, arch, around);
  return module.ok ? ok({ agent: agent.value, module: module.value }) : module;
}

/** A folder's files by their path. */
type Sources = ReadonlyMap<string, string>;

async function sourcesIn(folder: string): Promise<Result<Sources>> {
  try {
    const names = (await readdir(folder)).filter((name) => /\.[ch]$|^Kbuild$/.test(name)).sort();
    const files = names.map((name) => join(folder, name));
    return ok(new Map(await Promise.all(files.map(async (f) => [f, await readFile(f, "utf8")] as const))));
  } catch (error) {
    return err(fileFailed("read", folder, error));
  }
}

async function buildAgent(testbed: Sources, arch: GuestArch, around: HostPaths): Promise<Result<Uint8Array>> {
  const agent = await sourcesIn(join(around.sources, "agent"));
  if (!agent.ok) return agent;
  const inputs = [...agent.value.values(), ...testbed.values(), arch.name];
  return kept({ name: "agent", inputs }, around, async (folder) => {
    const output = join(folder, "agent");
    const files = [...agent.value.keys()].filter((file) => file.endsWith(".c"));
    const run = await runTool({
      tool: "gcc",
      file: compilerName(arch),
      args: ["-O2", "-Wall", "-Werror", "-static", "-o", output, ...files],
      ...cancelledBy(around),
    });
    return run.ok ? ok(output) : run;
  });
}

async function buildModule(
  kernel: GuestKernel,
  revision: Revision,
  testbed: Sources,
  arch: GuestArch,
  around: HostPaths,
): Promise<Result<Uint8Array>> {
  let config: string;
  try {
    config = await readFile(join(kernel.headers, ".config"), "utf8");
  } catch (error) {
    return err(fileFailed("read", join(kernel.headers, ".config"), error));
  }
  const { root } = kernel;
  const compiler = root === undefined ? await compilerFor(config, arch, around) : [];
  const inputs = [...testbed.values(), config, kernel.headers, revision, ...compiler];
  return kept(
    { name: "testbed", inputs, ...(root && { place: join(root, "tmp") }) },
    around,
    async (folder) => {
      const seen = (path: string) => (root === undefined ? path : path.slice(root.length));
      for (const file of testbed.keys())
        await copyFile(file, join(folder, file.slice(file.lastIndexOf("/"))));
      const words = [
        ...["make", "-s", "-C", seen(kernel.headers), `M=${seen(folder)}`],
        ...[`KEXEC_TESTBED_ABI=${revision.slice(1)}`, ...compiler, "modules"],
      ];
      const [file = "", ...args] = root === undefined ? words : [...ENTER, `--root=${root}`, ...words];
      const run = await runTool({ tool: file, file, args, ...cancelledBy(around) });
      return run.ok ? ok(join(folder, MODULE)) : run;
    },
  );
}

/** Debian's headers ask for the compiler of the kernel's build by name; where it is not here, gcc has to do. */
async function compilerFor(config: string, arch: GuestArch, around: HostPaths): Promise<readonly string[]> {
  const version = /^CONFIG_GCC_VERSION=(\d+)\d{4}$/m.exec(config)?.[1];
  const named = version && (await findExecutable(compilerName(arch, version), around.searchPath, around.cwd));
  return named ? [] : [`CC=${compilerName(arch)}`];
}

type Recipe = {
  readonly name: string;
  /** All that the file is made of. */
  readonly inputs: readonly string[];
  /** Where it is made. Default: the folder for temporary files. */
  readonly place?: string;
};

/** A file from the cache, or made in a folder of its own and then kept there. */
async function kept(
  { name, inputs, place }: Recipe,
  around: HostPaths,
  make: (folder: string) => Promise<Result<string>>,
): Promise<Result<Uint8Array>> {
  const store = join(around.cacheDir, "kernel-vm");
  const file = join(store, `${name}-${digest(inputs.join("\0")).slice(0, 16)}`);
  const known = await readFile(file).catch(() => undefined);
  if (known !== undefined) return ok(known);
  return inTemporaryFolder(async (folder) => {
    const made = await make(folder);
    if (!made.ok) return made;
    const bytes = await readFile(made.value);
    const stored = await makeFolder(store);
    if (!stored.ok) return stored;
    const written = await writeOutput(file, bytes);
    return written.ok ? ok(bytes) : written;
  }, place);
}
