import type { ToolReport } from "#toolchain/toolchain.ts";
import type { GuestArch } from "./guest-arch.ts";
import { findQemu } from "./qemu.ts";
import { remedy, type Surroundings } from "./surroundings.ts";

/** What became of the search for an architecture's QEMU, for `doctor`: nothing but kernel-test and boot-test needs it. */
export async function examineQemu(around: Surroundings, arch: GuestArch): Promise<ToolReport> {
  const common = {
    name: arch.qemu,
    optional: true,
    needed: `8.0 or newer: ${remedy(around, arch)}`,
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
