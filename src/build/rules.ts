import { join } from "node:path";
import { PRIVATE } from "#build/state/state.ts";
import type { Target } from "#generate/target.ts";
import { manifestBeside } from "#manifest/manifest.ts";
import { type Graph, rulesInOrder } from "./graph.ts";
import { layersOf, placesOf } from "./nesting.ts";
import type { Plan } from "./plan.ts";
import type { Rule } from "./rule.ts";
import { bytecodeRules, containerRule } from "./rules/bytecode.ts";
import { ENVELOPE, envelopeManifestRule, envelopeRule } from "./rules/envelope.ts";
import {
  helperDefsRule,
  imageSizeRule,
  libbpfHeadersRule,
  typesHeaderRule,
  vmlinuxHeaderRule,
} from "./rules/headers.ts";
import { manifestName, manifestRule } from "./rules/manifest.ts";
import { objectRule, signedSkeletonRule, skeletonRule, sourceRule } from "./rules/program.ts";
import { proofName, proofRule } from "./rules/proof.ts";

/** The goal that stands for every target. */
export const ALL = "all";

/** Files that every parser needs, in the Makefile's order. */
const HEADERS = ["vmlinux.h", "bpf_helper_defs.h", "image_size.h"] as const;

/**
 * tools/kexec/Makefile in TypeScript: every rule and goal of a build. `Makefile.ts.md` is printed from
 * what this returns.
 */
export function buildGraph(plan: Plan): Graph {
  const targets = [...plan.targets.values()];
  const rules: Rule[] = [
    vmlinuxHeaderRule(plan),
    helperDefsRule(plan),
    imageSizeRule(plan),
    typesHeaderRule(plan),
    libbpfHeadersRule(plan),
    ...targets.flatMap((target) => targetRules(plan, target)),
    ...(plan.envelope === undefined
      ? []
      : [envelopeRule(plan, plan.envelope), envelopeManifestRule(plan, plan.envelope)]),
  ];
  const goals = new Map(targets.map((target) => [target.name, goalOutputs(plan, target)]));
  const manifests = targets.map((target) => {
    const outputs = goals.get(target.name) ?? [];
    return manifestRule(plan, target, outputs, neededFor(rules, outputs));
  });
  for (const [target, outputs] of goals) goals.set(target, [...outputs, manifestName(target)]);
  goals.set(ALL, [...new Set([...goals.values()].flat())]);
  if (plan.envelope !== undefined) goals.set(ENVELOPE, [ENVELOPE, manifestBeside(ENVELOPE)]);
  const others = plan.mayPack ? [ENVELOPE] : [];
  return { rules: [...rules, ...manifests], goals, others };
}

function neededFor(rules: readonly Rule[], outputs: readonly string[]): readonly Rule[] {
  const needed = rulesInOrder({ rules, goals: new Map(), others: [] }, outputs);
  if (!needed.ok) throw new Error("bug: no rule makes what a goal leaves");
  return needed.value;
}

function targetRules(plan: Plan, target: Target): readonly Rule[] {
  return [
    sourceRule(plan, target),
    objectRule(plan, target),
    skeletonRule(plan, target),
    ...(plan.signing === undefined ? [] : [signedSkeletonRule(plan, target, plan.signing)]),
    ...bytecodeRules(plan, target),
    containerRule(plan, target),
    ...(plan.prover === undefined ? [] : [proofRule(plan, target, plan.prover)]),
  ];
}

/** What `make <target>` leaves behind: the headers and the target's files, and those of what it nests. */
function goalOutputs(plan: Plan, target: Target): readonly string[] {
  const made = placesOf(layersOf(target, plan)).map((place) => place.target);
  return [
    ...HEADERS,
    ...made.flatMap((part) => targetRules(plan, part).flatMap((rule) => rule.outputs.filter(isPublished))),
  ];
}

function isPublished(output: string): boolean {
  return !output.startsWith(`${PRIVATE}/`);
}

/** Absolute paths of everything that a build of any revision leaves in the output folder. */
export function outputsToClean(out: string, targets: Iterable<string>): readonly string[] {
  return outputNames(targets).map((name) => join(out, name));
}

/** The same as names, those that make's goals may be. */
export function outputNames(targets: Iterable<string>): readonly string[] {
  const names = [...targets].flatMap((target) => [
    `${target}_parser_bpf.c`,
    `${target}_parser_bpf.o`,
    `${target}_parser_bpf.lskel.h`,
    `${target}_bytecode.c`,
    `${target}_bytecode.o`,
    `${target}.bpf`,
    proofName(target),
    manifestName(target),
  ]);
  return [...HEADERS, ...names, "bytecode.c", "bytecode.o", ENVELOPE, manifestBeside(ENVELOPE)];
}
