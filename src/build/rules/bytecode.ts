import { join } from "node:path";
import { layersOf, type ParserLayer, placesOf } from "#build/nesting.ts";
import type { Plan } from "#build/plan.ts";
import type { Rule } from "#build/rule.ts";
import { checkToolOutput, readLightSkeleton } from "#build/tool-output.ts";
import { inFile } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { replaceFile } from "#files/output.ts";
import { decodeBytecodeObject } from "#formats/elf/bytecode-object.ts";
import { type ContainerSection, encodeContainer } from "#formats/elf/container.ts";
import { encodeObject } from "#formats/elf/object.ts";
import type { LightSkeleton } from "#formats/light-skeleton/light-skeleton.ts";
import { bytecodeSymbols, renderBytecodeSource } from "#generate/bytecode-source.ts";
import { checkSkeletonShape } from "#generate/skeleton-shape.ts";
import type { Target } from "#generate/target.ts";
import { MACHINES, TRIPLES } from "#kernel-image/architecture.ts";
import { shellCommand } from "#toolchain/command-line.ts";
import { writeAll } from "./headers.ts";
import { readOutput, skeletonName } from "./program.ts";

/** v6 had one parser, whose bytecode carries no target's name. Its goal still makes those files. */
const V6_PARSER = "zboot";

/** `<p>_bytecode.c` and `<p>_bytecode.o`; for v6's one parser `bytecode.{c,o}` too. */
export function bytecodeRules(plan: Plan, target: Target): readonly Rule[] {
  let read: Promise<Result<LightSkeleton>> | undefined;
  // Both rules run after the skeleton was made, and it is read once for the two.
  const skeleton = (): Promise<Result<LightSkeleton>> => {
    read ??= readSkeleton(plan, target);
    return read;
  };
  return [
    sourceRule(plan, target, skeleton),
    plan.bytecodeObject === "direct"
      ? directObjectRule(plan, target, skeleton)
      : compiledObjectRule(plan, target),
  ];
}

function names(plan: Plan, target: Target, suffix: "c" | "o"): [string, ...string[]] {
  const own = `${target.name}_bytecode.${suffix}`;
  return plan.abi.revision === "v6" && target.name === V6_PARSER ? [own, `bytecode.${suffix}`] : [own];
}

async function readSkeleton(plan: Plan, target: Target): Promise<Result<LightSkeleton>> {
  const name = skeletonName(plan, target);
  const text = await readOutput(plan.out, name);
  if (!text.ok) return text;
  const skeleton = readLightSkeleton(Buffer.from(text.value).toString());
  if (!skeleton.ok) return err(inFile(skeleton.failure, name));
  const shape = checkSkeletonShape(skeleton.value, name);
  return shape.ok ? skeleton : shape;
}

type ReadSkeleton = () => Promise<Result<LightSkeleton>>;

function sourceRule(plan: Plan, target: Target, readOnce: ReadSkeleton): Rule {
  const outputs = names(plan, target, "c");
  return {
    label: "GEN",
    outputs,
    inputs: [skeletonName(plan, target)],
    options: [],
    command: "<opts_data and opts_insn of the light skeleton>",
    run: async () => {
      const skeleton = await readOnce();
      return skeleton.ok ? writeAll(plan.out, outputs, renderBytecodeSource(skeleton.value)) : skeleton;
    },
  };
}

function directObjectRule(plan: Plan, target: Target, readOnce: ReadSkeleton): Rule {
  const outputs = names(plan, target, "o");
  const machine = MACHINES[plan.arch];
  return {
    label: "ELF",
    outputs,
    inputs: [skeletonName(plan, target)],
    options: [machine],
    command: "<symbols opts_data and opts_insn as a relocatable object>",
    run: async () => {
      const skeleton = await readOnce();
      if (!skeleton.ok) return skeleton;
      const object = encodeObject({ machine, symbols: bytecodeSymbols(skeleton.value) });
      return writeAll(plan.out, outputs, object);
    },
  };
}

function compiledObjectRule(plan: Plan, target: Target): Rule {
  const outputs = names(plan, target, "o");
  const { clang } = plan.toolchain;
  const [source] = names(plan, target, "c");
  const args = [`--target=${TRIPLES[plan.arch]}`, "-c", source];
  return {
    label: "CC",
    outputs,
    inputs: [source],
    options: [clang.identity, args],
    command: shellCommand(clang.path, [...args, "-o", outputs[0]]),
    run: async (runTool) => {
      for (const output of outputs) {
        const made = await replaceFile(join(plan.out, output), async (temporary) => {
          const run = await runTool({
            tool: "clang",
            file: clang.path,
            args: [...args, "-o", temporary],
            cwd: plan.out,
          });
          return run.ok ? checkToolOutput(temporary, output, decodeBytecodeObject) : run;
        });
        if (!made.ok) return made;
      }
      return ok([]);
    },
  };
}

/** `<p>.bpf`: the target's bytecode, and that of the parsers of the layers in its images. */
export function containerRule(plan: Plan, target: Target): Rule {
  const output = `${target.name}.bpf`;
  const layers = layersOf(target, plan);
  const places = placesOf(layers);
  const machine = MACHINES[plan.arch];
  return {
    label: "BPF",
    outputs: [output],
    inputs: places.map((place) => bytecodeOf(place.target)),
    options: [machine, places.map((place) => place.section)],
    command: `<container: ${places.map((place) => `${place.section}=${bytecodeOf(place.target)}`).join(" ")}>`,
    run: async () => {
      const container = await encodeLayer(plan, layers);
      return container.ok ? writeAll(plan.out, [output], container.value) : container;
    },
  };
}

function bytecodeOf(target: Target): string {
  return `${target.name}_bytecode.o`;
}

async function encodeLayer(plan: Plan, { parsers, nested }: ParserLayer): Promise<Result<Uint8Array>> {
  const sections: ContainerSection[] = [];
  for (const [i, parser] of parsers.entries()) {
    const data = await readOutput(plan.out, bytecodeOf(parser));
    if (!data.ok) return data;
    // By the loader's own rules, whoever wrote the object.
    const checked = decodeBytecodeObject(data.value);
    if (!checked.ok) return err(inFile(checked.failure, bytecodeOf(parser)));
    sections.push({ name: `.bpf.${i + 1}`, data: data.value });
  }
  if (nested !== undefined) {
    const inner = await encodeLayer(plan, nested);
    if (!inner.ok) return inner;
    sections.push({ name: ".bpf.nested", data: inner.value });
  }
  return encodeContainer({ machine: MACHINES[plan.arch], sections });
}
