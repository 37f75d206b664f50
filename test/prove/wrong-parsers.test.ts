import { expect, it } from "vitest";
import { foundIn, proveWrong, WRONG_CASES } from "./wrong-parsers.ts";

/** Those that take a second or two; `npm run test:proof` has them all. */
const QUICK = WRONG_CASES.filter(([revision, _name, { parser }]) => revision === "v6" && parser === "zboot");

it.each(QUICK)("prove refutes %s: %s, with an image that shows it", async (revision, _name, wrong) => {
  const { status, programs, errors } = await proveWrong(revision, wrong);
  expect([status, errors, programs.map(({ proven }) => proven)]).toEqual([1, [], [false]]);
  const { shown, gaps } = foundIn(programs);
  expect(gaps).toEqual([]);
  expect(shown).toContain(wrong.finding.kind);
});
