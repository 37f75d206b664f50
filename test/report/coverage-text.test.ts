import { expect, it } from "vitest";
import type { CoverageReport } from "#core/coverage.ts";
import { coverageText } from "#report/coverage-text.ts";

const source = { file: "./a/b.c", line: 7, text: "if (x)" };
const branch = { slot: 3, jump: "if r1 == 0x0 goto pc+1", direction: "taken", source } as const;
const bare = { slot: 9, jump: "if w1 & 0x1 goto pc-3", direction: "passed" } as const;
const declaration = { source: "if (x)", direction: "taken", reason: "x is never 0" } as const;
const REPORT: CoverageReport = {
  program: "parse_pe",
  instructions: { reached: 10, expected: 10, total: 12 },
  branches: { reached: 1999, expected: 2000, total: 2001 },
  lines: { reached: 0, expected: 0, total: 0 },
  unreached: [],
  declared: [],
  contradicted: [],
  sourceLines: [],
};

it("a coverage report in words has percentages that are never rounded up to 100", () => {
  expect(coverageText(REPORT)).toBe(`program       parse_pe
instructions  100.0 %  (10 of 10, 2 more declared unreachable)
branches      99.9 %  (1999 of 2000, 1 more declared unreachable)
lines         100.0 %  (0 of 0)
`);
});

it("and names what is missing, what is declared and why, and what is declared wrongly", () => {
  const text = coverageText({
    ...REPORT,
    unreached: [branch, bare],
    declared: [{ declaration, branches: [branch] }],
    contradicted: [{ declaration, branches: [bare] }],
  });
  expect(text.slice(text.indexOf("\n\n"))).toBe(`

not reached:
  3: if r1 == 0x0 goto pc+1, taken  ; if (x) @ b.c:7
  9: if w1 & 0x1 goto pc-3, passed

declared unreachable:
  x is never 0
    3: if r1 == 0x0 goto pc+1, taken  ; if (x) @ b.c:7

declared unreachable, but reached:
  x is never 0
    9: if w1 & 0x1 goto pc-3, passed
`);
});
