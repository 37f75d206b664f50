import { askVersions, type FoundVersion } from "#toolchain/ask-versions.ts";
import type { ToolReport } from "#toolchain/toolchain.ts";
import { type BuildTool, buildTools } from "./build-tools.ts";
import { GUEST_ARCHS, type GuestArch } from "./guest-arch.ts";
import { type HostPaths, remedy } from "./host-paths.ts";
import { findQemu } from "./qemu.ts";

/** What became of the search for what virtual machines take, for `doctor`: nothing but kernel-test and boot-test needs it. */
export async function examineKernelVm(around: HostPaths): Promise<readonly ToolReport[]> {
  const archs = Object.values(GUEST_ARCHS);
  const tools = new Map(archs.flatMap((arch) => buildTools(arch, true)).map((tool) => [tool.name, tool]));
  const builders = [...tools.values()];
  const [machines, versions] = await Promise.all([
    Promise.all(archs.map((arch) => examineQemu(around, arch))),
    askVersions(builders, around),
  ]);
  const built = builders.map((tool, at) => examineBuildTool(around, tool, versions[at]));
  return [...machines, ...(await Promise.all(built))];
}

async function examineQemu(around: HostPaths, arch: GuestArch): Promise<ToolReport> {
  const { remedy: command } = await remedy(around, [`qemu-${arch.name}`]);
  const common = {
    name: arch.qemu,
    optional: true,
    needed: `8.0 or newer, only for kernel-test and boot-test${mended(command)}`,
    tried: [],
  } as const;
  const found = await findQemu(around, arch);
  if (found.ok) {
    const { file, version, accelerator } = found.value;
    const detail = accelerator === "kvm" ? "guests by KVM" : "guests are emulated";
    return { ...common, state: "found", path: file, version, detail };
  }
  const { failure } = found;
  if (failure.reason === "tool-too-old") {
    const { path, version } = failure;
    return { ...common, state: "too-old", path, version, detail: "brings emulated guests down" };
  }
  const detail = `for kernels of ${arch.name}`;
  if (failure.reason !== "tool-missing") return { ...common, state: "missing", detail: "does not run" };
  return { ...common, state: "missing", detail, tried: failure.tried };
}

async function examineBuildTool(
  around: HostPaths,
  tool: BuildTool,
  found: FoundVersion | undefined,
): Promise<ToolReport> {
  const { remedy: command } = await remedy(around, [tool.package]);
  const common = {
    name: tool.name,
    optional: true,
    detail: tool.purpose,
    needed: `only for kernel-test and boot-test${mended(command)}`,
    tried: [],
  } as const;
  if (found === undefined) return { ...common, state: "missing" };
  const { path, version } = found;
  return { ...common, state: "found", path, ...(version === undefined ? {} : { version }) };
}

function mended(command: string | undefined): string {
  return command === undefined ? "" : `: ${command}`;
}
