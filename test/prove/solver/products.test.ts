import { afterAll, beforeAll, expect, it } from "vitest";
import { decide } from "#prove/solver/decide.ts";
import { withoutProducts } from "#prove/solver/products.ts";
import type { Query } from "#prove/solver/query.ts";
import type { Solver } from "#prove/solver/solver.ts";
import { openZ3 } from "#prove/solver/z3.ts";
import { bits64, minus, plus, times, zeroExtend } from "#prove/terms/bits.ts";
import { type Bits, forgetTerms, variable } from "#prove/terms/term.ts";
import { all, compare, not } from "#prove/terms/truth.ts";
import { expectValue } from "../../support/expect-value.ts";

let solver: Solver;
beforeAll(async () => {
  solver = expectValue(await openZ3(1, 60_000));
});
afterAll(() => {
  solver.close();
  forgetTerms();
});

const ENTRY = 40;
const number = (name: string, width: number): Bits => zeroExtend(variable(width, name), 64);
const [size, index, entries] = [variable(64, "size"), number("index", 16), number("entries", 16)];
const start = plus(plus(number("header", 32), number("options", 16)), bits64(24));
const table = [
  compare("ule", size, bits64(1n << 62n)),
  compare("ule", start, size),
  compare("ule", times(entries, bits64(ENTRY)), minus(size, start)),
  compare("ult", index, entries),
];
const entry = plus(start, times(index, bits64(ENTRY)));
const inside = (bytes: number) =>
  all(compare("ule", entry, size), compare("ule", bits64(bytes), minus(size, entry)));

async function verdictOf(query: Query | undefined) {
  if (query === undefined) return "nothing is multiplied";
  const { answers } = expectValue(await decide(solver, [query]));
  return answers[0]?.verdict;
}

it("an entry of a table inside an image lies inside it: without multiplying", async () => {
  const query = withoutProducts([...table, not(inside(ENTRY))]);
  expect(await verdictOf(query)).toBe("unsat");
});

it.each<[string, Query]>([
  ["an entry of a byte more", [...table, not(inside(ENTRY + 1))]],
  [
    "an index that may be the number of entries",
    [...table.slice(0, 3), compare("ule", index, entries), not(inside(ENTRY))],
  ],
  ["a table that may end later", [...table.slice(0, 2), ...table.slice(3), not(inside(ENTRY))]],
])("what is possible stays possible: %s", async (_title, query) => {
  expect(await verdictOf(query)).toBe("sat");
  expect(await verdictOf(withoutProducts(query))).toBe("sat");
});

it("a product that may wrap is none of a number", () => {
  const wide = variable(64, "wide");
  expect(withoutProducts([compare("ult", times(wide, bits64(ENTRY)), size)])).toBeUndefined();
});
