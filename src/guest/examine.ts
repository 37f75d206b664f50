import type { ToolReport } from "#toolchain/toolchain.ts";
import { type BuildTool, buildTools, findBuildTool } from "./build-tools.ts";
import { GUEST_ARCHS, type GuestArch } from "./guest-arch.ts";
import { type HostPaths, remedy } from "./host-paths.ts";
import { findQemu } from "./qemu.ts";

/** What became of the search for what virtual machines take, for `doctor`: nothing but kernel-test and boot-test needs it. */
export async function examineKernelVm(around: HostPaths): Promise<readonly ToolReport[]> {
  const archs = Object.values(GUEST_ARCHS);
  const tools = new Map(archs.flatMap((arch) => buildTools(arch, true)).map((tool) => [tool.name, tool]));
  return Promise.all([
    ...archs.map((arch) => examineQemu(around, arch)),
    ...[...tools.values()].map((tool) => examineBuildTool(around, tool)),
  ]);
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

async function examineBuildTool(around: HostPaths, tool: BuildTool): Promise<ToolReport> {
  const path = await findBuildTool(tool, around);
  const { remedy: command } = await remedy(around, [tool.package]);
  const common = {
    name: tool.name,
    optional: true,
    detail: tool.purpose,
    needed: `only for kernel-test and boot-test${mended(command)}`,
    tried: [],
  } as const;
  return path === undefined ? { ...common, state: "missing" } : { ...common, state: "found", path };
}

function mended(command: string | undefined): string {
  return command === undefined ? "" : `: ${command}`;
}
