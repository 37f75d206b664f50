import { isAbsolute } from "node:path";
import { err, ok, type Result } from "#core/result.ts";
import type { Rule } from "./rule.ts";

/** Rules by output, and the goals that stand for several outputs (`zboot`, `uki`). */
export type Graph = {
  readonly rules: readonly Rule[];
  readonly goals: ReadonlyMap<string, readonly string[]>;
  /** Goals that there would be if they were asked for: what they need is looked for only then. */
  readonly others: readonly string[];
};

/** The rule that makes `output`. */
function ruleFor(graph: Graph, output: string): Rule | undefined {
  return graph.rules.find((rule) => rule.outputs.includes(output));
}

/**
 * The rules that the goals need, each after the rules that it takes inputs from.
 *
 * Errors: `unknown-goal`. A cycle or an input that no rule makes is a bug in the rules and throws.
 */
export function rulesInOrder(graph: Graph, goals: readonly string[]): Result<readonly Rule[]> {
  const ordered = new Set<Rule>();
  const open = new Set<Rule>();

  const visit = (output: string): void => {
    const rule = ruleFor(graph, output);
    if (rule === undefined) throw new Error(`no rule makes ${output}`);
    if (ordered.has(rule)) return;
    if (open.has(rule)) throw new Error(`${output} needs itself`);
    open.add(rule);
    for (const input of rule.inputs) if (!isAbsolute(input)) visit(input);
    ordered.add(rule);
  };

  for (const goal of goals) {
    const outputs = graph.goals.get(goal) ?? (ruleFor(graph, goal) === undefined ? undefined : [goal]);
    if (outputs === undefined) return err({ reason: "unknown-goal", goal, known: knownGoals(graph) });
    outputs.forEach(visit);
  }
  return ok([...ordered]);
}

/** Goals first, then every published output. */
function knownGoals(graph: Graph): readonly string[] {
  const outputs = graph.rules.flatMap((rule) => rule.outputs.filter((output) => !output.startsWith(".")));
  return [...new Set([...graph.goals.keys(), ...graph.others, ...outputs])];
}
