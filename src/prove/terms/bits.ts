import { type Addend, type Bits, type BitWidth, constant, raw, type Truth } from "./term.ts";

/** What simplifies bit vectors: concatenations are flat, slices of one term side by side are one slice. */

export function bits64(value: bigint | number): Bits {
  return constant(64, BigInt(value));
}

/** A byte of the image, or of another memory that was there before. */
export function byteOf(memory: string, at: Bits): Bits {
  return raw.byte(memory, at);
}

/** `size` bytes, little-endian. */
export function bytesOf(memory: string, at: Bits, size: number): Bits {
  return concat(Array.from({ length: size }, (_, i) => byteOf(memory, plus(at, bits64(i)))));
}

/**
 * The sum in its normal form: constants joined, each term once. Differences of addresses into one
 * memory become constants by this.
 */
export function sum(width: BitWidth, start: bigint, addends: readonly Addend[]): Bits {
  let total = start;
  const factors = new Map<Bits, bigint>();
  const include = (term: Bits, factor: bigint): void => {
    if (term.kind === "constant") total += factor * term.value;
    else if (term.kind === "sum" && term.width === width) {
      total += factor * term.constant;
      for (const inner of term.addends) include(inner.term, factor * inner.factor);
    } else {
      const shifted = unshifted(term);
      if (shifted !== undefined) scaled(shifted.term, factor << BigInt(shifted.by));
      else factors.set(term, (factors.get(term) ?? 0n) + factor);
    }
  };
  // Of a term whose factor is a multiple of 2^n, the n highest bits make no difference.
  const scaled = (term: Bits, factor: bigint): void => {
    if (term.kind === "extract" && term.low === 0 && term.of.width === width) include(term.of, factor);
    else if (term.kind === "sum") {
      total += factor * term.constant;
      for (const inner of term.addends) scaled(inner.term, factor * inner.factor);
    } else include(zeroExtend(term, width), factor);
  };
  for (const { factor, term } of addends) include(term, factor);
  const kept = [...factors]
    .map(([term, factor]) => ({ term, factor: BigInt.asIntN(width, factor) }))
    .filter(({ factor }) => factor !== 0n)
    .sort((a, b) => a.term.id - b.term.id);
  const known = BigInt.asUintN(width, total);
  const [only] = kept;
  if (only === undefined) return constant(width, known);
  if (kept.length === 1 && known === 0n) {
    if (only.factor === 1n) return only.term;
    const by = powerOf(only.factor);
    if (by !== undefined) return concat([constant(by, 0n), extractBits(only.term, 0, width - by)]);
  }
  return raw.sum(width, known, kept);
}

/** A term that ends in zeroes, without them. */
function unshifted(term: Bits): { readonly term: Bits; readonly by: number } | undefined {
  const [lowest, ...rest] = term.kind === "concat" ? term.parts : [];
  if (lowest?.kind !== "constant" || lowest.value !== 0n) return undefined;
  return { term: concat(rest), by: lowest.width };
}

/** The n of 2^n, 1 at least. */
function powerOf(factor: bigint): number | undefined {
  if (factor < 2n || (factor & (factor - 1n)) !== 0n) return undefined;
  return factor.toString(2).length - 1;
}

export function plus(a: Bits, b: Bits): Bits {
  return sum(a.width, 0n, [
    { factor: 1n, term: a },
    { factor: 1n, term: b },
  ]);
}

export function minus(a: Bits, b: Bits): Bits {
  return sum(a.width, 0n, [
    { factor: 1n, term: a },
    { factor: -1n, term: b },
  ]);
}

export function times(a: Bits, b: Bits): Bits {
  if (a.kind === "constant") return sum(a.width, 0n, [{ factor: a.value, term: b }]);
  if (b.kind === "constant") return sum(a.width, 0n, [{ factor: b.value, term: a }]);
  return raw.operation("mul", a, b);
}

/** @param parts the least significant first; at least one bit in all */
export function concat(parts: readonly Bits[]): Bits {
  const flat: Bits[] = [];
  for (const part of parts) {
    for (const piece of part.kind === "concat" ? part.parts : [part]) append(flat, piece);
  }
  const [only] = flat;
  if (only !== undefined && flat.length === 1) return only;
  return raw.concat(
    flat.reduce((width, part) => width + part.width, 0),
    flat,
  );
}

function append(flat: Bits[], part: Bits): void {
  const last = flat.at(-1);
  const joined = last === undefined ? undefined : join(last, part);
  if (joined === undefined) flat.push(part);
  else flat[flat.length - 1] = joined;
}

/** One term for two that stand side by side. */
function join(low: Bits, high: Bits): Bits | undefined {
  if (low.kind === "constant" && high.kind === "constant") {
    return constant(low.width + high.width, low.value | (high.value << BigInt(low.width)));
  }
  if (high.kind !== "extract") return undefined;
  // The low bits of a term may stand there as themselves: a sum's low bits are a sum.
  if (low.kind === "extract" && low.of === high.of && low.low + low.width === high.low) {
    return extractBits(low.of, low.low, low.width + high.width);
  }
  if (high.low === low.width && extractBits(high.of, 0, low.width) === low) {
    return extractBits(high.of, 0, low.width + high.width);
  }
  return undefined;
}

export function zeroExtend(of: Bits, width: BitWidth): Bits {
  return of.width === width ? of : concat([of, constant(width - of.width, 0n)]);
}

export function signExtend(of: Bits, width: BitWidth): Bits {
  if (of.width === width) return of;
  if (of.kind === "constant") return constant(width, BigInt.asIntN(of.width, of.value));
  const top = extractBits(of, of.width - 1, 1);
  if (top.kind === "constant" && top.value === 0n) return zeroExtend(of, width);
  return raw.signExtend(of, width);
}

/** `width` bits from bit `low` on. */
export function extractBits(of: Bits, low: number, width: BitWidth): Bits {
  if (low === 0 && width === of.width) return of;
  switch (of.kind) {
    case "constant":
      return constant(width, of.value >> BigInt(low));
    case "concat":
      return extractOfConcat(of.parts, low, width);
    case "extract":
      return extractBits(of.of, of.low + low, width);
    case "sum":
      // The low bits of a sum are the sum of the low bits.
      if (low > 0) break;
      return sum(
        width,
        of.constant,
        of.addends.map(({ factor, term }) => ({ factor, term: extractBits(term, 0, width) })),
      );
    case "sign-extend":
      if (low + width <= of.of.width) return extractBits(of.of, low, width);
      break;
    case "choice":
      return choice(of.when, extractBits(of.then, low, width), extractBits(of.otherwise, low, width));
    case "operation":
      if (of.op === "and" || of.op === "or" || of.op === "xor") {
        return bitwise(of.op, extractBits(of.a, low, width), extractBits(of.b, low, width));
      }
      break;
    default:
  }
  return raw.extract(of, low, width);
}

function extractOfConcat(parts: readonly Bits[], low: number, width: BitWidth): Bits {
  const taken: Bits[] = [];
  let at = 0;
  for (const part of parts) {
    const from = Math.max(low, at);
    const to = Math.min(low + width, at + part.width);
    if (from < to) taken.push(extractBits(part, from - at, to - from));
    at += part.width;
  }
  return concat(taken);
}

export function choice(when: Truth, then: Bits, otherwise: Bits): Bits {
  if (when.kind === "literal") return when.value ? then : otherwise;
  if (then === otherwise) return then;
  if (when.kind === "not") return choice(when.of, otherwise, then);
  return raw.choice(when, then, otherwise);
}

/** Where one side is constant zeroes or ones, the result is known piece by piece. */
export function bitwise(op: "and" | "or" | "xor", a: Bits, b: Bits): Bits {
  if (a === b) return op === "xor" ? constant(a.width, 0n) : a;
  const cuts = [...new Set([...cutsOf(a), ...cutsOf(b)])].sort((x, y) => x - y);
  if (cuts.length === 1) return wholeBitwise(op, a, b);
  let from = 0;
  return concat(
    cuts.map((to) => {
      const piece = wholeBitwise(op, extractBits(a, from, to - from), extractBits(b, from, to - from));
      from = to;
      return piece;
    }),
  );
}

/** Where a term's pieces end: those of a concatenation, and runs of equal bits of constants. */
function cutsOf(term: Bits): number[] {
  if (term.kind === "constant") {
    const cuts: number[] = [];
    for (let bit = 1; bit < term.width; bit++) {
      if (((term.value >> BigInt(bit)) & 1n) !== ((term.value >> BigInt(bit - 1)) & 1n)) cuts.push(bit);
    }
    return [...cuts, term.width];
  }
  if (term.kind !== "concat") return [term.width];
  let at = 0;
  return term.parts.flatMap((part) => {
    const start = at;
    at += part.width;
    return cutsOf(part).map((cut) => start + cut);
  });
}

function wholeBitwise(op: "and" | "or" | "xor", a: Bits, b: Bits): Bits {
  if (a === b) return op === "xor" ? constant(a.width, 0n) : a;
  if (a.kind === "constant" && b.kind === "constant") return constant(a.width, fold(op, a.value, b.value));
  const known = a.kind === "constant" ? a : b.kind === "constant" ? b : undefined;
  const other = known === a ? b : a;
  if (known?.kind === "constant") {
    const ones = (1n << BigInt(a.width)) - 1n;
    if (known.value === 0n) return op === "and" ? known : other;
    if (known.value === ones && op === "and") return other;
    if (known.value === ones && op === "or") return known;
  }
  return a.id < b.id ? raw.operation(op, a, b) : raw.operation(op, b, a);
}

function fold(op: "and" | "or" | "xor", a: bigint, b: bigint): bigint {
  return op === "and" ? a & b : op === "or" ? a | b : a ^ b;
}
