import { sum, zeroExtend } from "./bits.ts";
import type { Bits, Truth } from "./term.ts";
import { mostOf } from "./truth.ts";

/**
 * A number with zeroes above its low bits, calculated in full width where conditions say that nothing is lost: what a program counts in 32 bits
 * is then the same term as what is counted in 64.
 */
export function widened(term: Bits, conditions: readonly Truth[]): Bits {
  if (term.kind !== "concat" || term.parts.length !== 2) return term;
  const [low, high] = term.parts;
  if (low === undefined || high?.kind !== "constant" || high.value !== 0n) return term;
  return full(low, term.width, conditions) ?? term;
}

/** The same number in more bits. Undefined where that may be another. */
export function full(low: Bits, width: number, conditions: readonly Truth[]): Bits | undefined {
  if (low.width === width) return low;
  if (low.kind === "constant") return zeroExtend(low, width);
  const room = 1n << BigInt(low.width);
  if (low.kind === "extract" && low.low === 0 && low.of.width === width) {
    return mostOf(low.of, conditions) < room ? low.of : undefined;
  }
  if (low.kind !== "sum") return undefined;
  if (low.addends.some(({ factor }) => factor < 0n)) return undefined;
  const addends = low.addends.map(({ factor, term }) => ({
    factor,
    term: full(term, width, conditions) ?? zeroExtend(term, width),
  }));
  const total = sum(width, low.constant, addends);
  return mostOf(total, conditions) < room ? total : undefined;
}

/** The number with its sign above, which is 0 where conditions say that it is small. */
export function widenedSigned(low: Bits, width: number, conditions: readonly Truth[]): Bits | undefined {
  const positive = widened(zeroExtend(low, width), conditions);
  return mostOf(positive, conditions) < 1n << BigInt(low.width - 1) ? positive : undefined;
}
