import type { Bits } from "./term.ts";

/** Unsigned; both are reached or may not be. */
export type Bounds = { readonly least: bigint; readonly most: bigint };

const known = new WeakMap<Bits, Bounds>();

/** What a term's shape says of its value: a byte is at most 255, also where it is 64 bits wide. */
export function boundsOf(term: Bits): Bounds {
  const before = known.get(term);
  if (before !== undefined) return before;
  const bounds = aluResult(term);
  known.set(term, bounds);
  return bounds;
}

function aluResult(term: Bits): Bounds {
  switch (term.kind) {
    case "constant":
      return { least: term.value, most: term.value };
    case "concat": {
      let least = 0n;
      let most = 0n;
      let at = 0n;
      for (const part of term.parts) {
        const own = boundsOf(part);
        least += own.least << at;
        most += own.most << at;
        at += BigInt(part.width);
      }
      return { least, most };
    }
    case "choice": {
      const then = boundsOf(term.then);
      const otherwise = boundsOf(term.otherwise);
      return {
        least: then.least < otherwise.least ? then.least : otherwise.least,
        most: then.most > otherwise.most ? then.most : otherwise.most,
      };
    }
    case "sum":
      return boundsOfSum(term);
    default:
      return { least: 0n, most: (1n << BigInt(term.width)) - 1n };
  }
}

/** Of a sum that cannot wrap; of any other, nothing is known. */
function boundsOfSum(term: Bits & { kind: "sum" }): Bounds {
  const all = { least: 0n, most: (1n << BigInt(term.width)) - 1n };
  let least = term.constant;
  let most = term.constant;
  for (const { factor, term: addend } of term.addends) {
    if (factor < 0n) return all;
    const own = boundsOf(addend);
    least += factor * own.least;
    most += factor * own.most;
  }
  return most > all.most ? all : { least, most };
}
