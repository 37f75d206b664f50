import { join } from "node:path";
import type { Plan, Prover } from "#build/plan.ts";
import type { Rule } from "#build/rule.ts";
import { ok } from "#core/result.ts";
import type { Target } from "#generate/target.ts";

export function proofName(target: string): string {
  return `${target}.proof.json`;
}

/** `<p>.proof.json`: the certificate that the container's parsers do what is specified, for all images. */
export function proofRule(plan: Plan, target: Target, prover: Prover): Rule {
  const output = proofName(target.name);
  const container = `${target.name}.bpf`;
  return {
    label: "PROVE",
    outputs: [output],
    inputs: [container, "image_size.h"],
    options: [prover.identity],
    command: `<proof of ${container}>`,
    run: async (_runTool, _inputs, signal) => {
      const proven = await prover.prove(join(plan.out, container), join(plan.out, output), signal);
      return proven.ok ? ok([]) : proven;
    },
  };
}
