import { describe, expect, it } from "vitest";
import { coverageReport, mergeCoverage } from "#bpf-vm/coverage/report.ts";
import type { LoadedProgram } from "#bpf-vm/program.ts";
import { runProgram, TRACING_CALLABLES } from "#bpf-vm/run-program.ts";
import type { DeclaredBranch } from "#core/coverage.ts";
import { exit, load64, op, programOf } from "../support/assemble.ts";

/*
 *  0: r0 = 0            ; return 0;
 *  1: if r1 == 5 +2     ; if (x == 5)         ─┐
 *  2: r0 = 1            ; return 1;            │
 *  3: exit              ;                      │
 *  4: if r1 s> 9 +3     ; if (x > 9)          ◄┘  5 is not: this can only be passed
 *  5: r0 = 2^32 (2 slots)
 *  7: exit
 *  8: r0 = 3            ; return 3;
 *  9: exit
 */
const line = (slot: number, number: number, text: string) => ({
  offset: 8 * slot,
  file: "/src/small.c",
  line: number,
  text: `\t${text}`,
});
const PROGRAM: LoadedProgram = {
  ...programOf([
    op("mov", { dst: 0, imm: 0 }),
    op("jeq", { dst: 1, imm: 5, offset: 2 }),
    op("mov", { dst: 0, imm: 1 }),
    exit,
    op("jsgt", { dst: 1, imm: 9, offset: 3 }),
    load64(0, 1n << 32n),
    exit,
    op("mov", { dst: 0, imm: 3 }),
    exit,
  ]),
  lines: [
    line(0, 1, "x = 0;"),
    line(1, 2, "if (x == 5)"),
    line(2, 3, "return 1;"),
    line(4, 4, "if (x > 9)"),
    line(5, 5, "return big;"),
    line(8, 6, "return 3;"),
  ],
};

function covered(...inputs: readonly number[]): Uint8Array {
  const coverage = new Uint8Array(10);
  for (const low of inputs) runProgram(PROGRAM, TRACING_CALLABLES, { coverage }, () => ({ high: 0, low }));
  return coverage;
}

const NEVER: DeclaredBranch = {
  source: "if (x > 9)",
  jump: "if r1 s> 0x9 goto .*",
  direction: "taken",
  reason: "x is 5 here",
};

describe("a coverage report", () => {
  it("counts instructions, both ways of each jump, and lines", () => {
    const report = coverageReport(PROGRAM, covered(5));
    expect(report).toMatchObject({
      program: "test",
      instructions: { reached: 5, expected: 9, total: 9 },
      branches: { reached: 2, expected: 4, total: 4 },
      lines: { reached: 4, expected: 6, total: 6 },
      declared: [],
      contradicted: [],
    });
    expect(report.unreached).toEqual([
      {
        slot: 1,
        jump: "if r1 == 0x5 goto pc+2",
        direction: "passed",
        source: { file: "/src/small.c", line: 2, text: "if (x == 5)" },
      },
      {
        slot: 4,
        jump: "if r1 s> 0x9 goto pc+3",
        direction: "taken",
        source: { file: "/src/small.c", line: 4, text: "if (x > 9)" },
      },
    ]);
    expect(report.sourceLines[2]).toEqual({
      file: "/src/small.c",
      line: 3,
      text: "return 1;",
      instructions: { reached: 0, expected: 2, total: 2 },
      branches: { reached: 0, expected: 0, total: 0 },
    });
  });

  it("is of nothing where nothing ran", () => {
    const { instructions, branches, unreached } = coverageReport(PROGRAM, new Uint8Array(0));
    expect([instructions.reached, branches.reached, unreached.length]).toEqual([0, 0, 4]);
  });

  it("is of all runs together, in one array or merged from several", () => {
    expect(mergeCoverage(covered(5), covered(7))).toEqual(covered(5, 7));
    expect(coverageReport(PROGRAM, mergeCoverage(covered(5), covered(7))).unreached).toHaveLength(1);
  });

  it("expects neither a declared branch nor what it alone leads to", () => {
    const report = coverageReport(PROGRAM, covered(5, 7), [NEVER]);
    expect(report).toMatchObject({
      instructions: { reached: 7, expected: 7, total: 9 },
      branches: { reached: 3, expected: 3, total: 4 },
      lines: { reached: 5, expected: 5, total: 6 },
      unreached: [],
      contradicted: [],
    });
    expect(report.declared).toEqual([
      { declaration: NEVER, branches: [expect.objectContaining({ slot: 4, direction: "taken" })] },
    ]);
  });

  it.each([
    ["of another line", { source: "if (x > 8)" }],
    ["of a part of the line", { source: "if (x" }],
    ["of another direction", { direction: "passed" as const }],
    ["of another jump", { jump: "if r2 s> .*" }],
    ["of a part of the jump", { jump: "if r1" }],
    ["with more copies reachable than were reached", { reachable: 1 }],
  ])("goes on expecting a branch for a declaration %s", (_, change) => {
    const report = coverageReport(PROGRAM, covered(5, 7), [{ ...NEVER, ...change }]);
    expect(report.unreached).toHaveLength(1);
    expect(report.declared).toEqual([]);
    expect(report.branches.expected).toBe(4);
  });

  it("names a declaration of which more was reached than it lets there be", () => {
    // Both jumps as copies of one line.
    const twice: LoadedProgram = { ...PROGRAM, lines: [line(0, 1, "if (x)")] };
    const copies = (reachable: number): DeclaredBranch => ({
      source: "if (x)",
      direction: "taken",
      reachable,
      reason: "r",
    });
    const wrong = coverageReport(twice, covered(5, 7), [copies(0)]);
    expect(wrong.contradicted).toEqual([
      { declaration: copies(0), branches: [expect.objectContaining({ slot: 1, direction: "taken" })] },
    ]);
    expect(wrong.unreached).toHaveLength(1);
    const right = coverageReport(twice, covered(5, 7), [copies(1)]);
    expect([right.contradicted, right.unreached]).toEqual([[], []]);
    // All of them reached: nothing is left to be excused, so nothing contradicts.
    const all = coverageReport(PROGRAM, covered(5, 7), [
      { source: "if (x == 5)", direction: "taken", reason: "r" },
    ]);
    expect(all.contradicted).toEqual([]);
  });
});
