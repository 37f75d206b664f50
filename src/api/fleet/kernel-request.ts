import { join } from "node:path";
import { VERSION } from "#api/common/version.ts";
import type { Context } from "#api/context.ts";
import type { BuildRequest } from "#build/request.ts";
import { digest } from "#files/digest.ts";
import { fileFailed } from "#files/errno.ts";
import { filesBelow } from "#files/folder.ts";
import { stampOf } from "#files/stamp.ts";
import type { FleetKernel } from "#fleet/file/fleet-file.ts";
import type { FleetRequest } from "./request.ts";

/** What `build` would be asked for one kernel. */
export function kernelRequest(
  kernel: FleetKernel,
  { out, sizeStep, tools, jobs }: Pick<FleetRequest, "out" | "sizeStep" | "tools" | "jobs">,
): BuildRequest {
  const { name, btf, image, arch, abi, limits, targets, targetFolders, sign, prove } = kernel;
  return {
    out: join(out, name),
    goals: targets,
    arch,
    abi,
    kernel: { tree: undefined, kbuildOutput: undefined, vmlinux: btf, vmlinuxHeader: undefined, image },
    limits: { ...limits, initramfs: undefined },
    sizeStep,
    tools,
    targetFolders,
    bytecodeObject: "direct",
    seedPayloadSize: false,
    signing: sign,
    envelope: undefined,
    prove,
    jobs,
  };
}

/** Variables by which tools are chosen, and outputs dated. */
const VARIABLES = ["BPFTOOL", "CLANG", "LIBBPF_HEADERS", "LLVM", "PATH", "SOURCE_DATE_EPOCH"] as const;

/** Names the work on one kernel: two runs with the same key ask for the same, of the same images. */
export async function kernelKey(
  kernel: FleetKernel,
  request: BuildRequest,
  { env }: Pick<Context, "env">,
): Promise<string> {
  const { out: _out, jobs: _jobs, ...asked } = request;
  const images: unknown[] = [];
  for (const path of kernel.verify) images.push(path, await stampsBelow(path));
  const variables = VARIABLES.map((name) => env[name] ?? null);
  return digest(JSON.stringify([VERSION, asked, variables, images]));
}

/** Of what cannot be read, verifying will say why. */
async function stampsBelow(path: string): Promise<unknown> {
  try {
    const files = await filesBelow(path);
    return files.map((file) => [file, stampOf(join(path, file))]);
  } catch (error) {
    fileFailed("read", path, error);
    return stampOf(path);
  }
}
