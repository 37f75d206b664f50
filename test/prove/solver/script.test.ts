import { afterAll, describe, expect, it } from "vitest";
import type { FreeQuery } from "#prove/solver/query.ts";
import { answersOf, STANDARD, scriptOf } from "#prove/solver/script.ts";
import { bits64, byteOf } from "#prove/terms/bits.ts";
import { IMAGE } from "#prove/terms/names.ts";
import { forgetTerms, variable } from "#prove/terms/term.ts";
import { compare, equals } from "#prove/terms/truth.ts";

afterAll(forgetTerms);

const VALUES = { ...STANDARD, withValues: true };
const [x, byte] = [variable(64, "x"), byteOf(IMAGE, variable(64, "x"))];
const small: FreeQuery = { assertions: [compare("ult", x, bits64(5))], leaves: [x] };
const both: FreeQuery = { assertions: [equals(byte, byte)], leaves: [x, byte] };

describe("scriptOf", () => {
  it("writes what is shared once, each query between a push and a pop", () => {
    const lines = scriptOf([small, { ...small, status: "sat" }], VALUES).split("\n");
    const count = (pattern: RegExp) => lines.filter((line) => pattern.test(line)).length;
    expect(count(/^\(declare-fun \|x\| \(\) \(_ BitVec 64\)\)$/)).toBe(1);
    expect([count(/^\(push 1\)$/), count(/^\(check-sat\)$/), count(/^\(pop 1\)$/)]).toEqual([2, 2, 2]);
    expect(count(/^\(get-value \(\|x\|\)\)$/)).toBe(2);
    expect(count(/^\(set-info :status sat\)$/)).toBe(1);
  });
});

describe("answersOf", () => {
  it("reads verdicts, and numbers in every way that solvers write them", () => {
    expect(answersOf("unsat\nunknown\ntimeout\n", [small, small, small], STANDARD)).toEqual([
      { verdict: "unsat" },
      { verdict: "unknown" },
      { verdict: "unknown" },
    ]);
    const said = "sat\n((|x| #x0000000000000003) (|image at t1| #b00000111))\nsat\n((|x| (_ bv4 64)))";
    expect(answersOf(said, [both, small], VALUES)).toEqual([
      {
        verdict: "sat",
        values: new Map([
          [x, 3n],
          [byte, 7n],
        ]),
      },
      { verdict: "sat", values: new Map([[x, 4n]]) },
    ]);
  });

  it("skips what stands for the values where there are none", () => {
    const said = 'unsat\n(error "line 9: model is not available (yet)")\nsat\n((|x| #x0000000000000001))';
    expect(answersOf(said, [small, small], VALUES)).toEqual([
      { verdict: "unsat" },
      { verdict: "sat", values: new Map([[x, 1n]]) },
    ]);
  });

  it.each([
    ["nothing", ""],
    ["an error", '(error "line 1: unknown logic")'],
    ["fewer answers than queries", "unsat"],
    ["more answers than queries", "unsat\nunsat\nunsat"],
    ["another word", "unsat\nmaybe"],
    ["an error after the answers", 'unsat\nunsat\n(error "out of memory")'],
  ])("takes %s for no answer", (_title, said) => {
    expect(answersOf(said, [small, small], STANDARD)).toBeUndefined();
  });

  it.each([
    ["no values", "sat"],
    ["values of something else", "sat\nx"],
    ["too few of them", "sat\n((|x| #x0000000000000001))"],
    ["a value that is not a number", "sat\n((|x| one) (|image at t1| #x01))"],
    ["a term in place of a number", "sat\n((|x| (bvadd |x| |x|)) (|image at t1| #x01))"],
  ])("takes an example with %s for no answer", (_title, said) => {
    expect(answersOf(said, [both], VALUES)).toBeUndefined();
  });
});
