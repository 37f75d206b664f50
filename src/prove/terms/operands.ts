import { unreachable } from "#core/unreachable.ts";
import type { Bits, Term } from "./term.ts";

export function operandsOf(term: Term): readonly Term[] {
  switch (term.kind) {
    case "constant":
    case "variable":
    case "literal":
      return [];
    case "byte":
      return [term.at];
    case "sum":
      return term.addends.map((addend) => addend.term);
    case "concat":
      return term.parts;
    case "extract":
    case "sign-extend":
    case "not":
      return [term.of];
    case "operation":
    case "compare":
      return [term.a, term.b];
    case "choice":
      return [term.when, term.then, term.otherwise];
    case "all":
    case "any":
      return term.of;
    default:
      return unreachable(term);
  }
}

/** The terms, and all that they are made of. */
export function termsIn(terms: readonly Term[]): ReadonlySet<Term> {
  const seen = new Set<Term>();
  const pending = [...terms];
  for (let term = pending.pop(); term !== undefined; term = pending.pop()) {
    if (seen.has(term)) continue;
    seen.add(term);
    pending.push(...operandsOf(term));
  }
  return seen;
}

/** What terms are made of in the end: variables, and bytes with what their addresses are made of. */
export function leavesOf(terms: readonly Term[]): readonly Bits[] {
  const leaves: Bits[] = [];
  for (const term of termsIn(terms)) if (term.kind === "variable" || term.kind === "byte") leaves.push(term);
  return leaves;
}
