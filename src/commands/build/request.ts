import { resolve } from "node:path";
import type { BuildRequest } from "#api/build.ts";
import { err, ok, type Result } from "#core/result.ts";
import { ARCHITECTURES, parseArchitecture } from "#kernel-image/architecture.ts";
import type { Io } from "#report/io.ts";
import type { BuildWords } from "./options.ts";

/** What a build's words ask for. Errors: `usage`, for options that do not go together. */
export function buildRequest(
  given: BuildWords["given"],
  { cwd, env }: Pick<Io, "cwd" | "env">,
): Result<BuildRequest> {
  const arch = given.arch === undefined ? undefined : parseArchitecture(given.arch);
  if (given.arch !== undefined && arch === undefined)
    return usage(`--arch ${given.arch}: ${ARCHITECTURES.join(", ")} are known`);
  const signing = skeletonSigning(given);
  if (!signing.ok) return signing;
  const kbuildOutput = env["KBUILD_OUTPUT"];
  return ok({
    out: given.output,
    goals: given.goals,
    arch,
    abi: given.abi,
    kernel: {
      tree: given.kernelTree,
      kbuildOutput: kbuildOutput === undefined ? undefined : resolve(cwd, kbuildOutput),
      vmlinux: given.vmlinux,
      vmlinuxHeader: undefined,
      image: given.image,
    },
    limits: {
      kernel: given.maxKernel,
      initrd: given.maxInitrd,
      cmdline: given.maxCmdline,
      initramfs: given.initramfs,
    },
    sizeStep: undefined,
    tools: {
      clang: given.clang,
      llvm: undefined,
      bpftool: given.bpftool,
      libbpfHeaders: given.libbpfHeaders,
    },
    targetFolders: given.targets,
    bytecodeObject: given.bytecodeObject,
    seedPayloadSize: given.seedPayloadSize,
    prove: given.prove,
    signing: signing.value,
    envelope: undefined,
    jobs: given.jobs,
  });
}

function skeletonSigning({
  signKey: key,
  signCert: certificate,
  allowWeak,
}: BuildWords["given"]): Result<BuildRequest["signing"]> {
  // Not repeated: it may have a PIN in it.
  if (key?.startsWith("pkcs11:"))
    return usage("--sign-key is a file in PEM: bpftool signs with no token's key");
  if (key === undefined && certificate === undefined) return ok(undefined);
  if (key === undefined) return usage("--sign-cert needs --sign-key");
  return certificate === undefined
    ? usage("--sign-key needs --sign-cert")
    : ok({ key, certificate, allowWeak });
}

function usage(detail: string): Result<never> {
  return err({ reason: "usage", detail });
}
