import { describe, expect, test } from "vitest";
import type { Acceptance, VerdictRecord } from "#core/verification.ts";
import { acceptanceOf, type Judged, type LayeredVerdict, shortfallsOf } from "#verify/acceptance.ts";

const verdict = (layer: number, outcome: Acceptance): LayeredVerdict => {
  const record: VerdictRecord = {
    image: "image",
    parser: "parser",
    ok: true,
    commands: [],
    refusal: outcome === "accepted" ? null : { reason: "unsupported", what: "image", detail: "refused" },
    faultPaths: { passed: 0, run: 0 },
    findings: [],
  };
  return { layer, verdict: record };
};

describe("an image is accepted", () => {
  test("where one of the outermost parsers' references takes it", () => {
    expect(acceptanceOf([verdict(0, "accepted")])).toBe("accepted");
    expect(acceptanceOf([verdict(0, "refused"), verdict(0, "accepted")])).toBe("accepted");
    expect(acceptanceOf([verdict(0, "refused"), verdict(0, "refused")])).toBe("refused");
  });

  test("whatever parsers of a further layer make of it", () => {
    expect(acceptanceOf([verdict(0, "refused"), verdict(1, "accepted")])).toBe("refused");
    expect(acceptanceOf([verdict(1, "refused"), verdict(0, "accepted")])).toBe("accepted");
  });

  test("by those of a further layer, where no other has a say", () => {
    expect(acceptanceOf([verdict(1, "accepted"), verdict(2, "refused")])).toBe("accepted");
  });
});

const judged = (file: string, outcome: Acceptance, described = false): Judged => ({
  file,
  outcome,
  described,
});

describe("a verification falls short", () => {
  test("where nothing was judged, whatever was expected: nothing judged is nothing proven", () => {
    for (const expected of [undefined, "accepted", "refused"] as const) {
      expect(shortfallsOf([], 3, expected)).toEqual([{ kind: "nothing-judged", images: 3 }]);
    }
    expect(shortfallsOf([], 0, undefined)).toEqual([{ kind: "nothing-judged", images: 0 }]);
  });

  test("by each image that becomes something else than was expected", () => {
    const files = [judged("a", "accepted"), judged("b", "refused"), judged("c", "accepted", true)];
    expect(shortfallsOf(files, 3, "refused")).toEqual([
      { kind: "unexpected", image: "a", expected: "refused" },
      { kind: "unexpected", image: "c", expected: "refused" },
    ]);
    expect(shortfallsOf(files, 3, "accepted")).toEqual([
      { kind: "unexpected", image: "b", expected: "accepted" },
    ]);
  });

  test("where all is refused that no case's description explains", () => {
    const refused = [judged("a", "refused"), judged("b", "refused", true)];
    expect(shortfallsOf(refused, 2, undefined)).toEqual([{ kind: "nothing-accepted", images: 1 }]);
    expect(shortfallsOf([...refused, judged("c", "accepted")], 3, undefined)).toEqual([]);
    expect(shortfallsOf([judged("b", "refused", true)], 1, undefined)).toEqual([]);
  });
});
