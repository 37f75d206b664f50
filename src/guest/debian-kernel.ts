import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { err, ok, type Result } from "#core/result.ts";
import { digest } from "#files/digest.ts";
import { fileFailed } from "#files/errno.ts";
import { readOsRelease } from "#toolchain/os-release.ts";
import { runTool } from "#toolchain/process.ts";
import { GUEST_ARCHS, type GuestArch, hostArch } from "./guest-arch.ts";
import { cancelledBy, type HostPaths } from "./host-paths.ts";

/** A kernel to boot, and what modules for it are built with. */
export type GuestKernel = {
  /** Its file: a bzImage. */
  readonly image: string;
  /** The folder to run make in: that of `/lib/modules/RELEASE/build`. */
  readonly headers: string;
  /** The root folder that make is to run in, with compilers of its own; `headers` lies in it. Default: the machine's. */
  readonly root?: string;
};

/** What is booted where no suite is asked for, on x86 and on Debian 12. */
const USUAL_SUITE = "bookworm-backports";
/** Debian has riscv64 since then. */
const OLDEST_OF_RISCV = "trixie";

/**
 * The suite that is booted where none is asked for: one that modules can be built for here. For arm64 that is this machine's own
 * release.
 */
export async function usualSuite(arch: GuestArch): Promise<string> {
  if (arch.name === "riscv") return OLDEST_OF_RISCV;
  const { codename } = await readOsRelease("/etc/os-release");
  return arch.name === "x86" || codename === undefined || USUAL_SUITE.startsWith(codename)
    ? USUAL_SUITE
    : codename;
}

/**
 * Debian's cloud kernel of a suite, such as `bookworm-backports`, and its headers; fetched by the project's
 * scripts, which keep them in the cache. Those of this machine's own release are used as they are. The tools
 * among other headers need another C library: they come with a root folder, and for riscv always.
 */
export async function debianKernel(
  suite: string,
  around: HostPaths,
  arch: GuestArch = GUEST_ARCHS.x86,
): Promise<Result<GuestKernel>> {
  const { codename } = await readOsRelease("/etc/os-release");
  const isOwn = suite === codename || suite === `${codename}-backports`;
  if (isOwn && arch.name !== "riscv") return ownKernel(suite, around, arch);
  if (arch.name === "arm64") {
    const detail = `modules for ${arch.name} are built with this machine's release of Debian only`;
    return err({ reason: "unsupported", what: `a kernel of ${suite}`, detail });
  }
  return foreignKernel(suite, around, arch);
}

async function foreignKernel(
  suite: string,
  around: HostPaths,
  { debian, flavour }: GuestArch,
): Promise<Result<GuestKernel>> {
  const run = await runTool({
    tool: "module-root",
    file: around.moduleRoot,
    args: [suite, debian],
    env: { KEXEC_BPF_CACHE: around.cacheDir },
    ...cancelledBy(around),
  });
  if (!run.ok) return run;
  const root = new TextDecoder().decode(run.value.stdout).trim();
  const image = await imageOf(root);
  if (!image.ok) return image;
  const headers = await only(join(root, "usr/src"), new RegExp(`^linux-headers-.*-${flavour}$`));
  return headers.ok ? ok({ image: image.value, headers: headers.value, root }) : headers;
}

async function ownKernel(suite: string, around: HostPaths, arch: GuestArch): Promise<Result<GuestKernel>> {
  const fetch = async (
    { debian, flavour }: GuestArch,
    what: "image" | "headers",
    ...more: readonly string[]
  ): Promise<Result<string>> => {
    const run = await runTool({
      tool: "debian-package",
      file: around.debianPackage,
      args: [suite, debian, `linux-${what}-${flavour}`, ...more],
      env: { KEXEC_BPF_CACHE: around.cacheDir },
      ...cancelledBy(around),
    });
    return run.ok ? ok(new TextDecoder().decode(run.value.stdout).trim()) : run;
  };
  // One after the other: they share a lock.
  const image = await fetch(arch, "image");
  if (!image.ok) return image;
  const headers = await fetch(arch, "headers");
  if (!headers.ok) return headers;
  const common = await fetch(arch, "headers", "--depends-on", "linux-headers-.*-common");
  if (!common.ok) return common;
  // These are programs, for the machine that compiles.
  const host = GUEST_ARCHS[hostArch() ?? arch.name];
  const kbuild = await fetch(host, "headers", "--depends-on", "linux-kbuild-.*");
  if (!kbuild.ok) return kbuild;

  const file = await imageOf(image.value);
  if (!file.ok) return file;
  const tree = await assembleHeaders(
    { headers: headers.value, common: common.value, kbuild: kbuild.value },
    join(around.cacheDir, "kernel-vm", "headers"),
  );
  return tree.ok ? ok({ image: file.value, headers: tree.value }) : tree;
}

/** Since Debian 14 a kernel lies beside its modules. */
async function imageOf(folder: string): Promise<Result<string>> {
  const inBoot = await only(join(folder, "boot"), /^vmlinu[xz]-/);
  if (inBoot.ok) return inBoot;
  const modules = await only(join(folder, "usr/lib/modules"), /./);
  return modules.ok ? only(modules.value, /^vmlinuz$/) : inBoot;
}

type HeaderPackages = { readonly headers: string; readonly common: string; readonly kbuild: string };

/**
 * Makes one tree of the three packages that Debian's headers come in, of symbolic links. Installed, they
 * lie in /usr and name each other by absolute paths.
 */
async function assembleHeaders(packages: HeaderPackages, folder: string): Promise<Result<string>> {
  const specific = await only(join(packages.headers, "usr/src"), /^linux-headers-/);
  if (!specific.ok) return specific;
  const common = await only(join(packages.common, "usr/src"), /^linux-headers-/);
  if (!common.ok) return common;
  const kbuild = await only(join(packages.kbuild, "usr/lib"), /^linux-kbuild-/);
  if (!kbuild.ok) return kbuild;

  const tree = join(folder, digest(Object.values(packages).join("\n")).slice(0, 16));
  const made = `${tree}.${process.pid}`;
  const tools = { scripts: join(kbuild.value, "scripts"), tools: join(kbuild.value, "tools") };
  try {
    if (existsSync(tree)) return ok(join(tree, "build"));
    await rm(made, { recursive: true, force: true });
    await linkAll(common.value, join(made, "common"), tools);
    await linkAll(specific.value, join(made, "build"), { ...tools, Makefile: undefined });
    const makefile = await readFile(join(specific.value, "Makefile"), "utf8");
    const moved = makefile
      .replaceAll(`/usr/src/${basename(common.value)}`, join(tree, "common"))
      .replaceAll(`/usr/src/${basename(specific.value)}`, join(tree, "build"));
    await writeFile(join(made, "build/Makefile"), moved);
    await rename(made, tree);
    return ok(join(tree, "build"));
  } catch (error) {
    await rm(made, { recursive: true, force: true });
    // Somebody else was faster.
    if (existsSync(tree)) return ok(join(tree, "build"));
    return err(fileFailed("create folder", tree, error));
  }
}

/** Fills `to` with links to what is in `from`; `instead` names other targets, or none. */
async function linkAll(
  from: string,
  to: string,
  instead: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  await mkdir(to, { recursive: true });
  const names = new Set([...(await readdir(from)), ...Object.keys(instead)]);
  for (const name of names) {
    const target = name in instead ? instead[name] : join(from, name);
    if (target !== undefined) await symlink(target, join(to, name));
  }
}

/** The one entry of a folder whose name matches. */
async function only(folder: string, name: RegExp): Promise<Result<string>> {
  const found = (await readdir(folder).catch(() => [])).filter((entry) => name.test(entry));
  const [first] = found;
  if (first !== undefined && found.length === 1) return ok(join(folder, first));
  return err({
    reason: "input-not-found",
    what: `a single ${name.source} of the package`,
    tried: [folder],
    hint: "--kernel and --headers",
  });
}
