import fc from "fast-check";
import {
  bitwise,
  byteOf,
  choice,
  concat,
  extractBits,
  minus,
  plus,
  signExtend,
  times,
  zeroExtend,
} from "#prove/terms/bits.ts";
import type { Assignment } from "#prove/terms/evaluate.ts";
import { division, shift } from "#prove/terms/operations.ts";
import { type Bits, constant, type Test, type Truth, variable } from "#prove/terms/term.ts";
import { all, any, compare, either, implies, not, same } from "#prove/terms/truth.ts";

/** How a term is made, before anything is simplified. */
export type Recipe =
  | { readonly kind: "constant"; readonly width: number; readonly value: bigint }
  | { readonly kind: "variable"; readonly width: number; readonly name: string }
  | { readonly kind: "byte"; readonly at: Recipe }
  | { readonly kind: "two"; readonly op: (typeof OPERATIONS)[number]; readonly a: Recipe; readonly b: Recipe }
  | { readonly kind: "shift"; readonly op: "shl" | "lshr" | "ashr"; readonly a: Recipe; readonly by: number }
  | { readonly kind: "concat"; readonly parts: readonly Recipe[] }
  | { readonly kind: "extract"; readonly of: Recipe; readonly low: number; readonly width: number }
  | { readonly kind: "extend"; readonly of: Recipe; readonly signed: boolean; readonly width: number }
  | { readonly kind: "choice"; readonly when: TruthRecipe; readonly a: Recipe; readonly b: Recipe };

export type TruthRecipe =
  | { readonly kind: "compare"; readonly test: Test; readonly a: Recipe; readonly b: Recipe }
  | { readonly kind: "not"; readonly of: TruthRecipe }
  | {
      readonly kind: "join";
      readonly op: "all" | "any" | "implies" | "same";
      readonly a: TruthRecipe;
      readonly b: TruthRecipe;
    }
  | { readonly kind: "either"; readonly when: TruthRecipe; readonly a: TruthRecipe; readonly b: TruthRecipe };

export const OPERATIONS = [
  "add",
  "subtract",
  "multiply",
  "and",
  "or",
  "xor",
  "udiv",
  "urem",
  "shl",
  "lshr",
  "ashr",
] as const;
export const TESTS: readonly Test[] = ["eq", "ult", "ule", "slt", "sle"];
const WIDTHS = [1, 8, 16, 32, 64];
const NAMES = ["x", "y", "z"];

/** Small numbers, and those near a width's ends: where simplification goes wrong. */
const number = fc.oneof(
  fc.bigInt(0n, 9n),
  fc.constantFrom(
    0x7fn,
    0x80n,
    0xffn,
    0x100n,
    0x7fff_ffffn,
    0x8000_0000n,
    0xffff_ffffn,
    1n << 63n,
    (1n << 64n) - 1n,
  ),
  fc.bigInt(0n, (1n << 64n) - 1n),
);

/** A term and a truth, by how they are made. */
export const recipes = fc.letrec<{ bits: Recipe; truth: TruthRecipe }>((tie) => ({
  bits: fc.oneof(
    { maxDepth: 4, depthIdentifier: "terms" },
    fc.record({
      kind: fc.constant("variable"),
      width: fc.constantFrom(...WIDTHS),
      name: fc.constantFrom(...NAMES),
    }),
    fc.record({ kind: fc.constant("constant"), width: fc.constantFrom(...WIDTHS), value: number }),
    fc.record({ kind: fc.constant("byte"), at: tie("bits") }),
    fc.record({
      kind: fc.constant("two"),
      op: fc.constantFrom(...OPERATIONS),
      a: tie("bits"),
      b: tie("bits"),
    }),
    fc.record({
      kind: fc.constant("shift"),
      op: fc.constantFrom("shl", "lshr", "ashr"),
      a: tie("bits"),
      by: fc.nat(63),
    }),
    fc.record({ kind: fc.constant("concat"), parts: fc.array(tie("bits"), { minLength: 1, maxLength: 3 }) }),
    fc.record({
      kind: fc.constant("extract"),
      of: tie("bits"),
      low: fc.nat(63),
      width: fc.integer({ min: 1, max: 64 }),
    }),
    fc.record({
      kind: fc.constant("extend"),
      of: tie("bits"),
      signed: fc.boolean(),
      width: fc.constantFrom(...WIDTHS),
    }),
    fc.record({ kind: fc.constant("choice"), when: tie("truth"), a: tie("bits"), b: tie("bits") }),
  ) as fc.Arbitrary<Recipe>,
  truth: fc.oneof(
    { maxDepth: 3, depthIdentifier: "terms" },
    fc.record({
      kind: fc.constant("compare"),
      test: fc.constantFrom(...TESTS),
      a: tie("bits"),
      b: tie("bits"),
    }),
    fc.record({ kind: fc.constant("not"), of: tie("truth") }),
    fc.record({
      kind: fc.constant("join"),
      op: fc.constantFrom("all", "any", "implies", "same"),
      a: tie("truth"),
      b: tie("truth"),
    }),
    fc.record({ kind: fc.constant("either"), when: tie("truth"), a: tie("truth"), b: tie("truth") }),
  ) as fc.Arbitrary<TruthRecipe>,
}));

/** What `x`, `y` and `z` are. */
export type Values = Readonly<Record<string, bigint>>;
export const values: fc.Arbitrary<Values> = fc.record({ x: number, y: number, z: number });

/** Variables of one name and several widths are variables of their own. */
function variableIn(given: Values, name: string, width: number): bigint {
  return BigInt.asUintN(width, (given[name.replace(/\d+$/, "")] ?? 0n) ^ BigInt(width));
}

const byteAt = (at: bigint): bigint => (at ^ (at >> 7n) ^ 0x5an) & 0xffn;

export function assignmentOf(given: Values): Assignment {
  return {
    variable: (name, width) => variableIn(given, name, width),
    byte: (_memory, at) => byteAt(at),
  };
}

/** A term, and what it comes to by plain arithmetic on unbounded numbers. */
export type Made<T, V> = { readonly term: T; readonly value: V };

function resized(bits: Made<Bits, bigint>, width: number): Made<Bits, bigint> {
  const { term, value } = bits;
  if (term.width === width) return bits;
  if (term.width < width) return { term: zeroExtend(term, width), value };
  return { term: extractBits(term, 0, width), value: BigInt.asUintN(width, value) };
}

export function makeBits(recipe: Recipe, given: Values): Made<Bits, bigint> {
  switch (recipe.kind) {
    case "constant":
      return {
        term: constant(recipe.width, recipe.value),
        value: BigInt.asUintN(recipe.width, recipe.value),
      };
    case "variable": {
      const { name, width } = recipe;
      return { term: variable(width, `${name}${width}`), value: variableIn(given, name, width) };
    }
    case "byte": {
      const at = resized(makeBits(recipe.at, given), 64);
      return { term: byteOf("memory", at.term), value: byteAt(at.value) };
    }
    case "two":
      return makeTwo(recipe.op, makeBits(recipe.a, given), makeBits(recipe.b, given));
    case "shift": {
      const a = makeBits(recipe.a, given);
      const by = BigInt(recipe.by % a.term.width);
      return {
        term: shift(recipe.op, a.term, constant(a.term.width, by)),
        value: calculate(recipe.op, a.term.width, a.value, by),
      };
    }
    case "concat": {
      let whole: Made<Bits, bigint> | undefined;
      for (const part of recipe.parts.map((one) => makeBits(one, given))) whole = joined(whole, part);
      return whole ?? { term: constant(1, 0n), value: 0n };
    }
    case "extract": {
      const of = makeBits(recipe.of, given);
      const low = recipe.low % of.term.width;
      const width = Math.min(recipe.width, of.term.width - low);
      return {
        term: extractBits(of.term, low, width),
        value: BigInt.asUintN(width, of.value >> BigInt(low)),
      };
    }
    case "extend": {
      const of = makeBits(recipe.of, given);
      const width = Math.max(recipe.width, of.term.width);
      if (!recipe.signed) return resized(of, width);
      const value = BigInt.asUintN(width, BigInt.asIntN(of.term.width, of.value));
      return { term: signExtend(of.term, width), value };
    }
    case "choice": {
      const when = makeTruth(recipe.when, given);
      const a = makeBits(recipe.a, given);
      const b = resized(makeBits(recipe.b, given), a.term.width);
      return { term: choice(when.term, a.term, b.term), value: when.value ? a.value : b.value };
    }
  }
}

/** Terms have 64 bits at most. */
function joined(low: Made<Bits, bigint> | undefined, high: Made<Bits, bigint>): Made<Bits, bigint> {
  if (low === undefined) return high;
  const at = low.term.width;
  if (at + high.term.width > 64) return low;
  return { term: concat([low.term, high.term]), value: low.value | (high.value << BigInt(at)) };
}

function makeTwo(
  op: (typeof OPERATIONS)[number],
  a: Made<Bits, bigint>,
  other: Made<Bits, bigint>,
): Made<Bits, bigint> {
  const { width } = a.term;
  const b = resized(other, width);
  const value = calculate(op, width, a.value, b.value);
  switch (op) {
    case "add":
      return { term: plus(a.term, b.term), value };
    case "subtract":
      return { term: minus(a.term, b.term), value };
    case "multiply":
      return { term: times(a.term, b.term), value };
    case "and":
    case "or":
    case "xor":
      return { term: bitwise(op, a.term, b.term), value };
    case "udiv":
    case "urem":
      return { term: division(op, a.term, b.term), value };
    case "shl":
    case "lshr":
    case "ashr": {
      // A constant one is below the width.
      if (b.term.kind === "constant" && b.value >= BigInt(width)) return a;
      return { term: shift(op, a.term, b.term), value };
    }
  }
}

/** As SMT-LIB has it. */
function calculate(op: (typeof OPERATIONS)[number], width: number, a: bigint, b: bigint): bigint {
  const big = b >= BigInt(width);
  const results = {
    add: () => a + b,
    subtract: () => a - b,
    multiply: () => a * b,
    and: () => a & b,
    or: () => a | b,
    xor: () => a ^ b,
    udiv: () => (b === 0n ? -1n : a / b),
    urem: () => (b === 0n ? a : a % b),
    shl: () => (big ? 0n : a << b),
    lshr: () => (big ? 0n : a >> b),
    ashr: () => BigInt.asIntN(width, a) >> (big ? BigInt(width - 1) : b),
  };
  return BigInt.asUintN(width, results[op]());
}

export function makeTruth(recipe: TruthRecipe, given: Values): Made<Truth, boolean> {
  switch (recipe.kind) {
    case "compare": {
      const a = makeBits(recipe.a, given);
      const b = resized(makeBits(recipe.b, given), a.term.width);
      const { width } = a.term;
      const [low, high] = [BigInt.asIntN(width, a.value), BigInt.asIntN(width, b.value)];
      const results = {
        eq: a.value === b.value,
        ult: a.value < b.value,
        ule: a.value <= b.value,
        slt: low < high,
        sle: low <= high,
      };
      return { term: compare(recipe.test, a.term, b.term), value: results[recipe.test] };
    }
    case "not": {
      const of = makeTruth(recipe.of, given);
      return { term: not(of.term), value: !of.value };
    }
    case "join": {
      const [a, b] = [makeTruth(recipe.a, given), makeTruth(recipe.b, given)];
      const results = {
        all: () => ({ term: all(a.term, b.term), value: a.value && b.value }),
        any: () => ({ term: any(a.term, b.term), value: a.value || b.value }),
        implies: () => ({ term: implies(a.term, b.term), value: !a.value || b.value }),
        same: () => ({ term: same(a.term, b.term), value: a.value === b.value }),
      };
      return results[recipe.op]();
    }
    case "either": {
      const [when, a, b] = [recipe.when, recipe.a, recipe.b].map((one) => makeTruth(one, given));
      if (when === undefined || a === undefined || b === undefined) throw new Error("three are made");
      return { term: either(when.term, a.term, b.term), value: when.value ? a.value : b.value };
    }
  }
}
