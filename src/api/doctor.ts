import { examineKernelVm } from "#guest/examine.ts";
import { type DoctorReport, examineTools } from "#toolchain/doctor.ts";
import { hostPaths } from "./common/host-paths.ts";
import { setupScript } from "./common/package-root.ts";
import type { Context } from "./context.ts";

export type DoctorRequest = {
  /** Where libbpf's headers are looked for first; absolute. */
  readonly kernelTree: string | undefined;
};

export type { DoctorReport };

/** Which tools there are, and what mends what is missing. What is missing is no failure. */
export async function doctor(
  { kernelTree }: DoctorRequest,
  context: Omit<Context, "emit">,
): Promise<DoctorReport> {
  const { env, cwd, signal } = context;
  const tree = kernelTree === undefined ? {} : { kernelTree };
  const toolchain = await examineTools({ env, cwd, signal, setupScript: setupScript(), ...tree });
  // One after the other: both keep what they learn about binaries in one file.
  const machines = await examineKernelVm(hostPaths(context));
  return { ...toolchain, tools: [...toolchain.tools, ...machines] };
}
