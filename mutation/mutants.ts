import type { Mutant } from "./mutant.ts";
import { changesOf, isMessage, type Place } from "./operators.ts";
import { childrenOf, parse, type Syntax } from "./syntax.ts";

/** Every mutant of one file, in the order of the text; ids count from `first`. */
export function mutantsOf(file: string, text: string, first: number): readonly Mutant[] {
  const mutants: Mutant[] = [];
  const lineOf = lineCounter(text);
  const textOf = (node: Syntax): string => text.slice(node.start, node.end);
  const visit = (node: Syntax, place: Place): void => {
    if (isMessage(node)) return;
    for (const { node: changed, form, replacement } of changesOf(node, textOf, place)) {
      mutants.push({
        id: first + mutants.length,
        file,
        line: lineOf(changed.start),
        start: changed.start,
        end: changed.end,
        form,
        original: textOf(changed),
        replacement,
      });
    }
    for (const inner of childrenOf(node))
      visit(inner.node, { parent: inParent(node, place), field: inner.field });
  };
  visit(parse(file, text), { parent: undefined, field: "" });
  return mutants;
}

/** A spread is told what it is spread into, which decides between nothing of an array and nothing of an object. */
function inParent(node: Syntax, place: Place): Syntax {
  return node.type === "SpreadElement" ? { ...node, of: place.parent } : node;
}

function lineCounter(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let line = 0;
    while ((starts[line + 1] ?? Number.POSITIVE_INFINITY) <= offset) line++;
    return line + 1;
  };
}

/**
 * The file with every mutant in it as a branch not taken: `(chosen(17) ? a <= b : a < b)`. One text serves all mutants, so that
 * nothing is compiled again for each.
 */
export function withSwitches(
  text: string,
  mutants: readonly Mutant[],
  chosen: (id: number) => string,
): string {
  // Outer ones first, where two begin together: they are opened first.
  const ordered = [...mutants].sort((a, b) => a.start - b.start || b.end - a.end || a.id - b.id);
  const render = (from: number, to: number, inside: readonly Mutant[]): string => {
    let [out, at, next] = ["", from, 0];
    while (next < inside.length) {
      const outer = inside[next];
      if (outer === undefined) break;
      const after = inside.findIndex((one, index) => index > next && one.start >= outer.end);
      const end = after === -1 ? inside.length : after;
      out +=
        text.slice(at, outer.start) +
        switched(outer, render(outer.start, outer.end, inside.slice(next + 1, end)));
      [at, next] = [outer.end, end];
    }
    return out + text.slice(at, to);
  };
  const switched = (mutant: Mutant, original: string): string =>
    mutant.form === "statement"
      ? `{if(!(${chosen(mutant.id)})){${original}}}`
      : `(${chosen(mutant.id)}?(${mutant.replacement}):(${original}))`;
  return render(0, text.length, ordered);
}
