import { expect, it } from "vitest";
import { foundIn, proveWrong, WRONG_CASES } from "./wrong-parsers.ts";

/** Two that take a second or two; `npm run test:proof` has them all. */
const QUICK = WRONG_CASES.filter(
  ([revision, name]) => revision === "v6" && ["unchecked add", "a bound without the offset"].includes(name),
);

it.each(QUICK)("prove refutes %s: %s, with an image that shows it", async (revision, _name, wrong) => {
  const { status, programs, errors } = await proveWrong(revision, wrong);
  expect([status, errors, programs.map(({ proven }) => proven)]).toEqual([1, [], [false]]);
  const { shown, gaps } = foundIn(programs);
  expect(gaps).toEqual([]);
  expect(shown).toContain(wrong.finding.kind);
});
