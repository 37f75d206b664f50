import { join } from "node:path";
import type { Plan } from "#build/plan.ts";
import type { SkeletonSigning } from "#build/request.ts";
import type { Rule } from "#build/rule.ts";
import { checkToolOutput, isWholeElf, isWholeSkeleton } from "#build/tool-output.ts";
import { type Failure, inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { digest } from "#files/digest.ts";
import { readInput, readInputText } from "#files/input-file.ts";
import { replaceFile } from "#files/output.ts";
import { dependencies } from "#generate/dependencies.ts";
import { reachedMacros } from "#generate/image-size.ts";
import { renderParser } from "#generate/parser-source.ts";
import type { Target } from "#generate/target.ts";
import { templateContext } from "#generate/template-context.ts";
import { withTemplateLines } from "#generate/template-lines.ts";
import { missingTypes } from "#generate/types-header.ts";
import { shellCommand } from "#toolchain/command-line.ts";
import { libbpfCopies, stdoutTo, WORK, writeAll } from "./headers.ts";

/**
 * How parsers are compiled. `-mcpu=v3` and `-std=gnu11` keep clang's versions from making something
 * else of the same source; with the compilation folder called `.` and every path relative, the
 * object does not know where it was built. Kernels from 6.19 on have members without a name of tagged structs, which are
 * members for `-fms-extensions` alone (the kernel's own Makefile has it, too).
 */
export const COMPILER_FLAGS: readonly string[] = [
  "-g",
  "-O2",
  "-std=gnu11",
  "--target=bpfel",
  "-mcpu=v3",
  "-Wall",
  "-Wextra",
  "-fms-extensions",
  "-Wno-microsoft-anon-tag",
  "-fdebug-compilation-dir=.",
];

/**
 * In the private folder all headers lie beside the source. A warning is an error, in generated headers as in a target's own body: it
 * may well be a struct of another layout, or a check that is not made, and a build that is up to date would not show it again. A
 * parameter of `locate()` that a body has no use for is none of these.
 */
const PARSER_FLAGS: readonly string[] = [...COMPILER_FLAGS, "-Wno-unused-parameter", "-Werror", "-I", "."];

/** `<p>_parser_bpf.c`, and the same beside the headers that it is compiled with. */
export function sourceRule(plan: Plan, target: Target): Rule {
  const name = `${target.name}_parser_bpf.c`;
  const context = templateContext({
    target,
    arch: plan.arch,
    profile: plan.profile,
    kernelHasContext: plan.abi.source === "target",
    seedPayloadSize: plan.seedPayloadSize,
  });
  const outputs: [string, string] = [name, `${WORK}/${name}`];
  const files = plan.templateFiles.get(target.name) ?? [];
  return {
    label: "HBS",
    outputs,
    inputs: files,
    options: context,
    command: `<template ${target.name}, revision ${plan.abi.revision}>`,
    run: async () => {
      const text = await renderParser(files, target, context);
      return text.ok ? writeAll(plan.out, outputs, text.value) : text;
    },
  };
}

/** `<p>_parser_bpf.o`: clang. */
export function objectRule(plan: Plan, target: Target): Rule {
  const { clang } = plan.toolchain;
  const output = `${target.name}_parser_bpf.o`;
  const source = `${target.name}_parser_bpf.c`;
  const flags = [...PARSER_FLAGS, "-c", source];
  return {
    label: "CLANG",
    outputs: [output],
    inputs: [`${WORK}/${source}`, `${WORK}/vmlinux.h`, `${WORK}/image_size.h`, `${WORK}/bpf/bpf_helpers.h`],
    options: [clang.identity, flags],
    shared: {
      tool: clang,
      options: flags,
      reads: libbpfCopies(),
      contents: () => reachedSizes(plan, target),
    },
    command: `cd ${WORK} && ${shellCommand(clang.path, [...flags, "-o", `../${output}`])}`,
    run: async (runTool) => {
      const types = await checkTypes(plan, target);
      if (!types.ok) return types;
      return replaceFile(join(plan.out, output), async (temporary) => {
        // The list of headers goes to stdout: `-MF -`.
        const run = await runTool({
          tool: "clang",
          file: clang.path,
          args: [...flags, "-o", temporary, "-MD", "-MF", "-", "-MT", output],
          cwd: join(plan.out, WORK),
        });
        if (!run.ok) return withLines(plan, target, run.failure);
        const whole = checkToolOutput(temporary, output, isWholeElf);
        if (!whole.ok) return whole;
        const headers = dependencies(Buffer.from(run.value.stdout).toString());
        return ok(headers.map((path) => (path.startsWith("/") ? path : join(WORK, path))));
      });
    },
  };
}

/** Of image_size.h, what the parser uses: sizes that it does not look at make no other object. */
async function reachedSizes(plan: Plan, target: Target): Promise<Result<Readonly<Record<string, string>>>> {
  const name = `${WORK}/image_size.h`;
  const source = await readInputText(join(plan.out, WORK, `${target.name}_parser_bpf.c`));
  if (!source.ok) return source;
  const sizes = await readInputText(join(plan.out, name));
  return sizes.ok ? ok({ [name]: digest(reachedMacros(source.value, sizes.value)) }) : sizes;
}

/** A compiler knows the generated source; the user wrote a body. */
async function withLines(plan: Plan, target: Target, failure: Failure): Promise<Result<never>> {
  if (failure.reason !== "tool-failed") return err(failure);
  const name = `${target.name}_parser_bpf.c`;
  const source = await readInputText(join(plan.out, WORK, name));
  if (!source.ok) return source;
  const templates: { readonly file: string; readonly text: string }[] = [];
  for (const file of plan.templateFiles.get(target.name) ?? []) {
    const text = await readInputText(file);
    if (!text.ok) return text;
    templates.push({ file, text: text.value });
  }
  const log = withTemplateLines(failure.log, { file: name, text: source.value }, templates);
  return err({ ...failure, log });
}

/** The header has the types of all targets, as far as there are any: whether this one's are there is asked here. */
async function checkTypes(plan: Plan, target: Target): Promise<Result<void>> {
  if (target.types.length === 0 || plan.types.kind !== "btf") return ok(undefined);
  const btf = await plan.types.read();
  if (!btf.ok) return btf;
  const kernel = plan.kernel.vmlinux ?? plan.types.file;
  const missing = missingTypes(btf.value, target, kernel);
  return missing.ok ? missing : err(inFile(missing.failure, kernel));
}

/** The light skeleton that the bytecode is taken from. */
export function skeletonName({ signing }: Plan, target: Target): string {
  const name = `${target.name}_parser_bpf.lskel.h`;
  // The loader program in a signed one may ask for its data's hash, which the kernel's loader of containers does not give it.
  return signing === undefined ? name : `${WORK}/${name}`;
}

/** `<p>_parser_bpf.lskel.h` signed by bpftool, beside the one that the bytecode is taken from. */
export function signedSkeletonRule(plan: Plan, target: Target, { key, certificate }: SkeletonSigning): Rule {
  const { bpftool } = plan.toolchain;
  const output = `${target.name}_parser_bpf.lskel.h`;
  const object = `${target.name}_parser_bpf.o`;
  const args = ["gen", "skeleton", "-L", "-S", "-k", key, "-i", certificate, object];
  return {
    label: "SIGN",
    outputs: [output],
    // Not the key: what depends on it is in the certificate, and its hash is nobody's business.
    inputs: [object, certificate],
    options: [bpftool.identity],
    command: `${shellCommand(bpftool.path, args)} > ${output}`,
    run: stdoutTo(plan, output, { tool: "bpftool", file: bpftool.path, args }, isWholeSkeleton),
  };
}

/** `<p>_parser_bpf.lskel.h`: bpftool. */
export function skeletonRule(plan: Plan, target: Target): Rule {
  const { bpftool } = plan.toolchain;
  const output = skeletonName(plan, target);
  const object = `${target.name}_parser_bpf.o`;
  const args = ["gen", "skeleton", "-L", object];
  return {
    label: "LSKEL",
    outputs: [output],
    inputs: [object],
    options: [bpftool.identity, args],
    shared: { tool: bpftool, options: args, reads: [] },
    command: `${shellCommand(bpftool.path, args)} > ${output}`,
    run: stdoutTo(plan, output, { tool: "bpftool", file: bpftool.path, args }, isWholeSkeleton),
  };
}

/** A file of the output folder. */
export function readOutput(out: string, name: string): Promise<Result<Uint8Array>> {
  return readInput(join(out, name));
}
