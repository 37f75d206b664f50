import { isAbsolute, join } from "node:path";
import { PARTS } from "#abi/parts.ts";
import type { Plan } from "#build/plan.ts";
import type { Rule } from "#build/rule.ts";
import { PRIVATE } from "#build/state/state.ts";
import { ok } from "#core/result.ts";
import type { Target } from "#generate/target.ts";
import { type ManifestFile, nameOf, type Parameters, writeManifest } from "#manifest/manifest.ts";

export function manifestName(target: string): string {
  return `${target}.manifest.json`;
}

/**
 * `<p>.manifest.json`: what the target's goal leaves, from which files and by which tools it was made.
 *
 * @param outputs what the goal leaves beside the manifest
 * @param rules all that the goal needs
 */
export function manifestRule(
  plan: Plan,
  target: Target,
  outputs: readonly string[],
  rules: readonly Rule[],
): Rule {
  const output = manifestName(target.name);
  const inputs = outsideFiles(plan, rules);
  const name = (path: string) => nameOf(path, plan.out, plan.program.folder);
  const facts = {
    command: command(plan, target, name),
    parameters: parameters(plan, target),
    tools: tools(plan),
    sourceDateEpoch: plan.sourceDateEpoch,
  };
  return {
    label: "GEN",
    outputs: [output],
    inputs: [...outputs, ...inputs],
    onlyDigests: true,
    options: [facts, inputs.map(name)],
    command: "<outputs and inputs with their hashes, tools, parameters>",
    run: async (_runTool, digests) => {
      const hashed = (path: string): ManifestFile => ({
        path: isAbsolute(path) ? path : join(plan.out, path),
        sha256: digests[path] ?? "",
      });
      const written = await writeManifest({
        ...facts,
        file: join(plan.out, output),
        outputs: outputs.map(hashed),
        inputs: inputs.map(hashed),
        program: plan.program.folder,
      });
      return written.ok ? ok([]) : written;
    },
  };
}

/** Files that the build did not make. The BTF in the private folder came of the kernel, which stands for it. */
function outsideFiles(plan: Plan, rules: readonly Rule[]): readonly string[] {
  const { vmlinux, image, initramfs } = plan.kernel;
  const read = rules.flatMap((rule) => rule.inputs.filter((input) => isAbsolute(input)));
  const files = [vmlinux, image, initramfs, ...read].filter((file) => file !== undefined);
  return [...new Set(files)].filter((file) => !file.startsWith(join(plan.out, PRIVATE, "/")));
}

/** `build` with every option that had an effect: what defaults, measuring and make's variables came to. */
function command(plan: Plan, target: Target, name: (path: string) => string): readonly string[] {
  const { kernel, sizes } = plan;
  const file = (option: string, path: string | undefined) =>
    path === undefined ? [] : [option, name(path) || "."];
  return [
    ...["kexec-bpf", "build", target.name, "-o", ".", "--arch", plan.arch, "--abi", plan.abi.revision],
    ...file("--kernel-tree", kernel.tree),
    ...file("--vmlinux", kernel.vmlinux),
    ...file("--image", kernel.image),
    ...PARTS.flatMap((part) => [part.option, String(sizes[part.name])]),
    ...plan.targetFolders.flatMap((folder) => file("--targets", folder)),
    ...(plan.bytecodeObject === "direct" ? [] : ["--bytecode-object", plan.bytecodeObject]),
    ...(plan.seedPayloadSize ? ["--seed-payload-size"] : []),
    ...(plan.prover === undefined ? [] : ["--prove"]),
    ...file("--sign-key", plan.signing?.key),
    ...file("--sign-cert", plan.signing?.certificate),
    ...(plan.signing?.allowWeak ? ["--allow-weak"] : []),
  ];
}

function parameters(plan: Plan, target: Target): Parameters {
  const { revision, source } = plan.abi;
  const { imageRelease } = plan.kernel;
  return {
    target: target.name,
    arch: plan.arch,
    abi: { revision, source },
    sizes: plan.sizes,
    kernel: plan.kernel.identity,
    image: imageRelease === undefined ? {} : { release: imageRelease },
  };
}

function tools(plan: Plan): Readonly<Record<string, string>> {
  const { clang, bpftool, headers } = plan.toolchain;
  return {
    "kexec-bpf": plan.program.version,
    clang: clang.version,
    bpftool: bpftool.version,
    ...(bpftool.libbpf === undefined ? {} : { "bpftool's libbpf": bpftool.libbpf }),
    ...(headers.version === undefined ? {} : { "libbpf's headers": headers.version }),
  };
}
