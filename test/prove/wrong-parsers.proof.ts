import { describe, expect, it } from "vitest";
import { installed } from "../build/judges.ts";
import { foundIn, proveWrong, WRONG_CASES } from "./wrong-parsers.ts";

/** Where it is there: it takes a fraction of the time that npm's z3 takes. */
const SOLVER = installed("cvc5") ? ["--solver", "cvc5"] : [];

describe("prove refutes", () => {
  it.each(WRONG_CASES)("%s: %s", async (revision, _name, wrong) => {
    const { status, programs, errors } = await proveWrong(revision, wrong, ...SOLVER);
    expect([status, errors, programs.map(({ proven }) => proven)]).toEqual([1, [], [false]]);
    const found = foundIn(programs);
    expect(found.gaps).toEqual([]);
    expect(found.shown).toContain(wrong.finding.kind);
  });
});
