import { describe, expect, test } from "vitest";
import { namesOf } from "../../mutation/mutant.ts";
import { mutantsOf, withSwitches } from "../../mutation/mutants.ts";
import { sampleOf } from "../../mutation/random.ts";
import { type Judged, scoreOf, wrongEquivalents } from "../../mutation/report.ts";

/** Every change of a text: what is changed, and into what. */
const changes = (text: string) =>
  mutantsOf("x.ts", text, 0).map(({ original, replacement }) => [original, replacement]);

/** The text as it is with mutant number `chosen`. */
function chosenIn(text: string, chosen: number): string {
  const mutants = mutantsOf("x.ts", text, 0);
  return withSwitches(text, mutants, (id) => String(id === chosen));
}

describe("changed are", () => {
  test.each([
    ["comparisons, at their edge", "f(a < b);", [["a < b", "a <= b"]]],
    ["equality, where it decides no branch", "f(a === b);", [["a === b", "a !== b"]]],
    [
      "conditions",
      "if (a) b;",
      [
        ["a", "true"],
        ["a", "false"],
      ],
    ],
    ["loops, so that they end", "while (a) b;", [["a", "false"]]],
    ["arithmetic", "f(a + b);", [["a + b", "a - b"]]],
    [
      "numbers",
      "f(2, 0);",
      [
        ["2", "0"],
        ["2", "3"],
        ["0", "1"],
      ],
    ],
    [
      "bigints",
      "f(5n);",
      [
        ["5n", "0n"],
        ["5n", "6n"],
      ],
    ],
    ["truths", "f(true);", [["true", "false"]]],
    [
      "defaults",
      "f(a ?? b);",
      [
        ["a ?? b", "a"],
        ["a ?? b", "b"],
      ],
    ],
    ["lists", "f([a]);", [["[a]", "[]"]]],
    ["what is spread", "f({ ...a });", [["a", "{}"]]],
    ["what is returned", "f(() => a);", [["a", "undefined"]]],
    ["tags of failures", 'f({ reason: "x" });', [['"x"', '"another"']]],
    ["the least and the most", "f(Math.min(a));", [["Math.min(a)", "Math.max(a)"]]],
  ])("%s", (_what, text, expected) => {
    const call = [text, ""];
    expect(changes(text)).toEqual(text.startsWith("f(") ? [call, ...expected] : expected);
  });

  test("statements, which are left out", () => {
    expect(changes("a = b;")).toEqual([["a = b;", ""]]);
    expect(changes("await a();")).toEqual([["await a();", ""]]);
  });

  test("types, names, thrown words and put together text not", () => {
    expect(changes('import a from "a"; type T = 1 | [2]; let b: 3; throw new E(4);')).toEqual([]);
    expect(changes('const a = "x"; const b = "y" + a; const c = { 5: a };')).toEqual([]);
    expect(changes("class A extends B { constructor() { super(); } }")).toEqual([]);
  });
});

describe("in the text with all of them, one is chosen", () => {
  const run = (text: string, chosen: number, values: Readonly<Record<string, unknown>>): unknown =>
    new Function(...Object.keys(values), `${chosenIn(text, chosen)}; return r;`)(...Object.values(values));

  test("and without one the text is what it was", () => {
    const text = "let r = 0; if (a < 3 && b) { r += 2; } else r = [a, ...c].length;";
    for (const values of [
      { a: 1, b: true, c: [] },
      { a: 3, b: true, c: [7, 8] },
    ]) {
      expect(run(text, -1, values)).toBe(run(text, 9999, values));
      expect(run(text, -1, values)).toBe(values.a < 3 ? 2 : 3);
    }
  });

  test("each changes what it says, nested ones too", () => {
    const text = "let r = a < b + 1;";
    const results = mutantsOf("x.ts", text, 0).map(({ id, replacement }) => [
      replacement,
      run(text, id, { a: 2, b: 1 }),
    ]);
    expect(results).toEqual([
      ["a <= b + 1", true],
      ["b - 1", false],
      ["0", false],
      ["2", true],
    ]);
  });

  test("a statement that is left out leaves the else where it belongs", () => {
    const text = "let r = 1; if (a) r = 2; else r = 3;";
    const gone = mutantsOf("x.ts", text, 0).filter(({ replacement }) => replacement === "");
    expect(gone.map(({ id }) => [run(text, id, { a: true }), run(text, id, { a: false })])).toEqual([
      [1, 3],
      [2, 1],
    ]);
  });
});

test("mutants are called by file and change; copies are numbered", () => {
  const names = namesOf(mutantsOf("src/x.ts", "f(1 < a, 1 < a);", 0));
  expect([...names.values()].filter((name) => name.includes("1 <= a"))).toEqual([
    "src/x.ts: 1 < a → 1 <= a",
    "src/x.ts: 1 < a → 1 <= a (2)",
  ]);
});

test("a sample is so many, in their order, the same ones for a seed", () => {
  const all = Array.from({ length: 100 }, (_, i) => i);
  const sample = sampleOf(all, 10, 1);
  expect(sample).toHaveLength(10);
  expect([...new Set(sample)].sort((a, b) => a - b)).toEqual(sample);
  expect(sampleOf(all, 10, 1)).toEqual(sample);
  expect(sampleOf(all, 10, 2)).not.toEqual(sample);
  expect(sampleOf(all, 200, 1)).toEqual(all);
});

describe("a score", () => {
  const judged = (name: string, outcome: Judged["outcome"]): Judged => {
    const [mutant] = mutantsOf(`src/abi/${name}.ts`, "f(true);", 0);
    return { mutant: mutant ?? expect.fail(), name, outcome };
  };
  const list = [
    judged("a", "killed"),
    judged("b", "timeout"),
    judged("c", "survived"),
    judged("d", "uncovered"),
  ];

  test("is what tests find, of what is not equivalent", () => {
    expect(scoreOf(list, new Map())).toEqual({ killed: 2, of: 4, percent: 50 });
    expect(scoreOf(list, new Map([["c", "no difference"]])).of).toBe(3);
    expect(scoreOf([], new Map()).percent).toBe(100);
  });

  test("is not to be had by calling equivalent what tests kill, or what is not there", () => {
    const equivalents = new Map([
      ["a", "no"],
      ["c", "yes"],
      ["x", "gone"],
    ]);
    const names = new Set(list.map(({ name }) => name));
    expect(wrongEquivalents(list, equivalents, names)).toEqual(["not there: x", "killed: a"]);
  });
});
