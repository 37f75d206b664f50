import { KIND_NAMES } from "#formats/btf/kinds.ts";
import type { Tables } from "./tables.ts";

/** Rules that are seldom asked for: a comparison that did not need one says nothing of it. */
export type WritingRule =
  | "a name's second turn"
  | "an enumerator's second turn"
  | `an enum of ${number} bytes`
  | "an enum without enumerators"
  | "a packed struct"
  | "a gap between bit-fields"
  | "a gap"
  | "a gap at the end"
  | "a struct without members"
  | "an array of arrays"
  | "an array around"
  | "a qualified array or function"
  | "a function around"
  | "further parameters"
  | "the compiler's own type"
  | "an alias of a compiler's type"
  | "a typedef before its turn"
  | "a kfunc with a fast call";

/** Which kinds of types there are, with kind_flag and without; the rules that one header took are added on the way. */
export function kindsIn({ words, starts, kinds, count }: Tables): Set<string> {
  const seen = new Uint8Array(256);
  for (let id = 1; id < count; id++) {
    const isFlagged = (words[(starts[id] ?? 0) + 1] ?? 0) >>> 31;
    seen[2 * (kinds[id] ?? 0) + isFlagged] = 1;
  }
  const names = new Set<string>();
  for (const [i, is] of seen.entries()) {
    if (is === 1) names.add(`${KIND_NAMES[i >>> 1] ?? `kind ${i >>> 1}`}${i % 2 === 1 ? ", flagged" : ""}`);
  }
  return names;
}
