import { createHash } from "node:crypto";
import { ok } from "../../src/core/result.ts";
import type { FreeAnswer, Query } from "../../src/prove/solver/query.ts";
import type { Solver } from "../../src/prove/solver/solver.ts";
import { operandsOf } from "../../src/prove/terms/operands.ts";
import type { Term } from "../../src/prove/terms/term.ts";

/** A solver that is not asked again what it once said to be impossible: most queries about a mutant are those about its parser. */
export function remembering(solver: Solver): Solver {
  const impossible = new Set<string>();
  return {
    ...{ name: solver.name, version: solver.version, close: () => solver.close() },
    check: async (queries, signal) => {
      const keys = queries.map(({ assertions }) => keyOf(assertions));
      const isOpen = (index: number) => !impossible.has(keys[index] ?? "");
      const said = await solver.check(
        queries.filter((_, index) => isOpen(index)),
        signal,
      );
      if (!said.ok) return said;
      const answers = said.value.values();
      const all = queries.map((_, index): FreeAnswer => {
        if (!isOpen(index)) return { verdict: "unsat" };
        return answers.next().value ?? { verdict: "unknown" };
      });
      for (const [index, { verdict }] of all.entries())
        if (verdict === "unsat") impossible.add(keys[index] ?? "");
      return ok(all);
    },
  };
}

/** The same for queries of one shape: terms are numbered as they are come to. */
function keyOf(query: Query): string {
  const numbers = new Map<Term, number>();
  const hash = createHash("sha256");
  const visit = (term: Term): number => {
    const known = numbers.get(term);
    if (known !== undefined) return known;
    const operands = operandsOf(term).map(visit);
    hash.update(`${JSON.stringify(shapeOf(term))}${operands.join(",")}\n`);
    numbers.set(term, numbers.size);
    return numbers.size - 1;
  };
  hash.update(query.map(visit).join(","));
  return hash.digest("hex");
}

/** What a term is beside its operands. */
function shapeOf(term: Term): readonly unknown[] {
  const width = "width" in term ? term.width : 1;
  switch (term.kind) {
    case "constant":
      return [term.kind, width, `${term.value}`];
    case "literal":
      return [term.kind, term.value];
    case "variable":
      return [term.kind, width, term.name];
    case "byte":
      return [term.kind, term.memory];
    case "sum":
      return [term.kind, width, `${term.constant}`, term.addends.map(({ factor }) => `${factor}`)];
    case "extract":
      return [term.kind, width, term.low];
    case "operation":
      return [term.kind, width, term.op];
    case "compare":
      return [term.kind, term.test];
    default:
      return [term.kind, width];
  }
}
