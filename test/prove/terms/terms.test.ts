import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { openZ3 } from "#prove/solver/z3.ts";
import { Assumption } from "#prove/terms/assume.ts";
import { zeroExtend } from "#prove/terms/bits.ts";
import { boundsOf } from "#prove/terms/bounds.ts";
import { Evaluation } from "#prove/terms/evaluate.ts";
import { leavesOf } from "#prove/terms/operands.ts";
import { constant, forgetTerms, type Truth } from "#prove/terms/term.ts";
import { equals, follows, mostOf, not } from "#prove/terms/truth.ts";
import { widened, widenedSigned } from "#prove/terms/widen.ts";
import { expectValue } from "../../support/expect-value.ts";
import {
  assignmentOf,
  makeBits,
  makeTruth,
  OPERATIONS,
  type Recipe,
  recipes,
  TESTS,
  type TruthRecipe,
  type Values,
  values,
} from "./random-terms.ts";

afterEach(forgetTerms);

/** What is true of the values: each of these, or its contrary. */
function conditionsOf(all: readonly TruthRecipe[], given: Values): readonly Truth[] {
  return all.map((recipe) => {
    const { term, value } = makeTruth(recipe, given);
    return value ? term : not(term);
  });
}

const few = fc.array(recipes.truth, { minLength: 1, maxLength: 4 });

describe("simplification keeps the value of", () => {
  it("numbers", () => {
    fc.assert(
      fc.property(recipes.bits, values, (recipe, given) => {
        const { term, value } = makeBits(recipe, given);
        expect(new Evaluation(assignmentOf(given)).bits(term)).toBe(value);
        const { least, most } = boundsOf(term);
        expect(least <= value && value <= most).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it("truths, and of their contraries", () => {
    fc.assert(
      fc.property(recipes.truth, values, (recipe, given) => {
        const { term, value } = makeTruth(recipe, given);
        const evaluation = new Evaluation(assignmentOf(given));
        expect([evaluation.holds(term), evaluation.holds(not(term))]).toEqual([value, !value]);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("where conditions hold", () => {
  it("what a term comes to under them is the same", () => {
    fc.assert(
      fc.property(recipes.bits, recipes.truth, few, values, (bits, truth, some, given) => {
        const assumption = new Assumption(conditionsOf(some, given));
        const evaluation = new Evaluation(assignmentOf(given));
        const [number, claim] = [makeBits(bits, given), makeTruth(truth, given)];
        expect(evaluation.bits(assumption.bits(number.term))).toBe(number.value);
        expect(evaluation.holds(assumption.truth(claim.term))).toBe(claim.value);
      }),
      { numRuns: 800 },
    );
  });

  it("what follows from them holds, and numbers are as small and as wide as is said", () => {
    fc.assert(
      fc.property(recipes.bits, recipes.truth, few, values, (bits, truth, some, given) => {
        const conditions = conditionsOf(some, given);
        const [{ term, value }, claim] = [makeBits(bits, given), makeTruth(truth, given)];
        if (follows(claim.term, conditions)) expect(claim.value).toBe(true);
        expect(mostOf(term, conditions) >= value).toBe(true);
        const evaluation = new Evaluation(assignmentOf(given));
        expect(evaluation.bits(widened(zeroExtend(term, 64), conditions))).toBe(value);
        const signed = widenedSigned(term, 64, conditions);
        const due = BigInt.asUintN(64, BigInt.asIntN(term.width, value));
        if (signed !== undefined) expect(evaluation.bits(signed)).toBe(due);
      }),
      { numRuns: 800 },
    );
  });
});

/** Each operation, and each comparison, of variables about which nothing is known. */
function eachOperation(): readonly (readonly [Recipe, TruthRecipe, Values])[] {
  const [a, b] = (["x", "y"] as const).map((name) => ({ kind: "variable", width: 8, name }) as const);
  if (a === undefined || b === undefined) throw new Error("two are made");
  const given = { x: 0x8cn, y: 0x0an };
  return OPERATIONS.map((op, index) => {
    const test = TESTS[index % TESTS.length] ?? "eq";
    return [{ kind: "two", op, a, b }, { kind: "compare", test, a, b }, given];
  });
}

it("z3 reads a term's text as the term is evaluated", async () => {
  const solver = expectValue(await openZ3(1, 900_000));
  const random = fc.sample(fc.tuple(recipes.bits, recipes.truth, values), { numRuns: 30, seed: 1 });
  const samples = [...random, ...eachOperation()];
  const queries = samples.flatMap(([bits, truth, given]) => {
    const evaluation = new Evaluation(assignmentOf(given));
    const [number, claim] = [makeBits(bits, given), makeTruth(truth, given)];
    const known = leavesOf([number.term, claim.term]).map((leaf) =>
      equals(leaf, constant(leaf.width, evaluation.bits(leaf))),
    );
    const isValue = equals(number.term, constant(number.term.width, number.value));
    const holds = claim.value ? claim.term : not(claim.term);
    return [
      [...known, isValue, holds],
      [...known, not(isValue)],
      [...known, not(holds)],
    ];
  });
  const free = queries.map((assertions) => ({ assertions, leaves: [] }));
  const answers = expectValue(await solver.check(free)).map(({ verdict }) => verdict);
  solver.close();
  expect(answers).toEqual(samples.flatMap(() => ["sat", "unsat", "unsat"]));
});
