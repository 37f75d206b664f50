import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openZ3 } from "#prove/solver/z3.ts";
import { forgetTerms } from "#prove/terms/term.ts";
import { defectOf, judgeMutant } from "../../mutation/bytecode/judge.ts";
import { type BytecodeMutant, bytecodeMutants } from "../../mutation/bytecode/mutants.ts";
import { type Original, originalOf } from "../../mutation/bytecode/subject.ts";
import { sampleOf } from "../../mutation/random.ts";
import { exit, type Line, load64, op, programOf } from "../bpf-vm/support/assemble.ts";
import { buildParsers } from "../bpf-vm/support/parsers.ts";
import { expectValue } from "../support/expect-value.ts";
import { newFolder, write } from "../support/kernel-tree.ts";

afterAll(forgetTerms);

describe("changed are", () => {
  const changes = (line: Line) => bytecodeMutants(programOf([line, exit])).map(({ change }) => change);

  it.each<[string, Line, readonly string[]]>([
    [
      "tests of jumps, and what they compare with",
      op("jlt", { dst: 1, imm: 5, offset: 0 }),
      [
        ...["jlt is jge", "jlt is jle", "jlt is jslt", "jlt is jne", "jlt always taken", "jlt left out"],
        ...["jlt has 6, not 5", "jlt has 4, not 5"],
      ],
    ],
    ["calculations", op("add", { dst: 1, src: 2 }), ["add left out"]],
    [
      "shifts, as far as they go",
      op("lsh32", { dst: 1, imm: 31 }),
      ["lsh32 left out", "lsh32 has 30, not 31"],
    ],
    ["divisors, but not to 0", op("div", { dst: 1, imm: 1 }), ["div left out", "div has 2, not 1"]],
    [
      "stores",
      op("stw", { dst: 1, offset: 4, imm: 0 }),
      ["stw left out", "stw at 5, not 4", "stw at 3, not 4", "stw has 1, not 0", "stw has -1, not 0"],
    ],
    [
      "loads",
      op("ldxb", { dst: 1, src: 2, offset: 0 }),
      ["ldxb left out", "ldxb at 1, not 0", "ldxb at -1, not 0"],
    ],
    ["wide constants", load64(1, 0n), ["lddw has 1, not 0", "lddw has 18446744073709551615, not 0"]],
  ])("%s", (_title, line, expected) => {
    expect(changes(line)).toEqual(expected);
  });

  it("one instruction at a time, in its place", () => {
    const program = programOf([load64(1, 7n), op("mov", { dst: 0, imm: 1 }), exit]);
    for (const { slot, program: mutant } of bytecodeMutants(program)) {
      const differing = mutant.instructions.filter((one, place) => one !== program.instructions[place]);
      expect(differing.map(({ index }) => index)).toEqual([slot]);
      expect(mutant.instructions.map(({ index }) => index)).toEqual([0, 2, 3]);
    }
  });
});

describe("mutants of a built parser", () => {
  let original: Original;
  let mutants: readonly BytecodeMutant[];
  beforeAll(async () => {
    const folder = newFolder();
    const built = await buildParsers("v6");
    write(join(folder, "v6/zboot.bpf"), built.file("zboot.bpf"));
    original = await originalOf({ folder, revision: "v6", name: "zboot" });
    mutants = bytecodeMutants(original.program);
  });

  /** `npm run prove:mutants` tries them all: docs/proof-mutants.md. */
  it("are refuted, or proven equivalent", async () => {
    const solver = expectValue(await openZ3(1, 900_000));
    const kinds: string[] = [];
    for (const mutant of sampleOf(mutants, 8, 3)) {
      kinds.push((await judgeMutant(original, mutant, solver).finally(forgetTerms)).kind);
    }
    solver.close();
    expect(kinds).toEqual(expect.arrayContaining(["refuted", "equivalent"]));
    expect(kinds.filter((kind) => kind === "undecided" || kind === "unsound")).toEqual([]);
  });

  it("are caught by a run, where a proof should be wrong", async () => {
    expect(await defectOf(original, original.program)).toBeUndefined();
    const silent = mutants.find(({ change }) => /^j\w+ always taken$/.test(change));
    if (silent === undefined) throw new Error("no jump");
    expect(await defectOf(original, silent.program)).toMatchObject({ kind: "difference" });
  });
});
