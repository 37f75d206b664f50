import { type Addend, type Bits, constant, raw, type Width } from "./term.ts";

/**
 * The sum in its normal form: constants joined, each term once. Differences of addresses into one
 * memory become constants by this.
 */
export function sum(width: Width, start: bigint, addends: readonly Addend[]): Bits {
  let total = start;
  const factors = new Map<Bits, bigint>();
  const include = (term: Bits, factor: bigint): void => {
    if (term.kind === "constant") total += factor * term.value;
    else if (term.kind === "sum") {
      total += factor * term.constant;
      for (const inner of term.addends) include(inner.term, factor * inner.factor);
    } else factors.set(term, (factors.get(term) ?? 0n) + factor);
  };
  for (const { factor, term } of addends) include(term, factor);
  const kept = [...factors]
    .map(([term, factor]) => ({ term, factor: BigInt.asIntN(width, factor) }))
    .filter(({ factor }) => factor !== 0n)
    .sort((a, b) => a.term.id - b.term.id);
  const known = BigInt.asUintN(width, total);
  const [only] = kept;
  if (only === undefined) return constant(width, known);
  if (kept.length === 1 && known === 0n && only.factor === 1n) return only.term;
  return raw.sum(width, known, kept);
}
