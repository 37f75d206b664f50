import { describe, expect, it } from "vitest";
import { foundIn, proveWrong, WRONG_CASES } from "./wrong-parsers.ts";

describe("prove refutes", () => {
  it.each(WRONG_CASES)("%s: %s", async (revision, _name, wrong) => {
    const { status, programs, errors } = await proveWrong(revision, wrong);
    expect([status, errors, programs.map(({ proven }) => proven)]).toEqual([1, [], [false]]);
    const found = foundIn(programs);
    expect(found.gaps).toEqual([]);
    expect(found.shown).toContain(wrong.finding.kind);
  });
});
