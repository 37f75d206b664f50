import { describe, expect, it } from "vitest";
import { compareRuns, failing } from "#fleet/compare.ts";
import { matchesGlob } from "#fleet/glob.ts";
import { mergeShards, type ShardReport } from "#fleet/merge.ts";
import { type KernelRecord, leftRecord, type ParserOutcome } from "#fleet/record.ts";
import { countKernels, type FleetReport } from "#fleet/report.ts";
import { withVerifierCounts } from "#fleet/verifier-counts.ts";
import { expectFailure, expectValue } from "../support/expect-value.ts";

const parser = (more: Partial<ParserOutcome> = {}): ParserOutcome => ({
  ...{ target: "zboot", file: "zboot.bpf", sha256: "aa", size: 1000, loads: true, instructions: 100 },
  ...{ verdict: "passed", verifierInstructions: null, proven: null },
  ...more,
});
const built = (name: string, more: Partial<ParserOutcome> = {}): KernelRecord => ({
  ...leftRecord(name),
  state: "built",
  parsers: [parser(more)],
});

function shard(index: number, count: number, kernels: readonly KernelRecord[], more = {}): ShardReport {
  const report: FleetReport = {
    ...{ schema: 1, version: "1", fleet: "f", ok: true, cache: null, milliseconds: index * 10 },
    ...{ shard: { index, count, plan: "p" }, counts: countKernels(kernels), kernels },
    ...more,
  };
  return { file: `s${index}/fleet-report.json`, report };
}
const placed = (record: KernelRecord, { file }: ShardReport) => ({
  ...record,
  folder: `${file}/${record.name}`,
});
const merge = (...shards: readonly ShardReport[]) => mergeShards(shards, placed);

it("what verifiers count is the most of all kernels, and of a container's programs the sum", () => {
  const program = (sha256: string, instructions: number) => ({ sha256, instructions });
  const records = [built("a"), built("b", { sha256: "bb", verifierInstructions: 7 })];
  const counted = withVerifierCounts(records, [
    [program("aa", 10), program("aa", 5), program("cc", 1)],
    [program("aa", 12)],
  ]);
  expect(counted.map(({ parsers }) => parsers[0]?.verifierInstructions)).toEqual([15, 7]);
});

describe("merging shards", () => {
  it("makes one report, with the folders of the kernels", () => {
    const merged = expectValue(merge(shard(2, 2, [built("a")]), shard(1, 2, [built("c"), built("b")])));
    expect(merged).toMatchObject({ shard: null, ok: true, counts: { built: 3 }, milliseconds: 20 });
    expect(merged.kernels.map(({ folder }) => folder)).toEqual([
      "s2/fleet-report.json/a",
      "s1/fleet-report.json/b",
      "s1/fleet-report.json/c",
    ]);
  });

  it("is not well where a kernel failed, or is left", () => {
    const left = expectValue(merge(shard(1, 1, [leftRecord("a")])));
    expect([left.ok, left.counts]).toEqual([false, { built: 0, failed: 0, left: 1 }]);
    expect(expectValue(merge(shard(1, 1, [built("a", { loads: false })]))).ok).toBe(false);
  });

  it.each<readonly [string, readonly ShardReport[], string]>([
    ["a shard is missing", [shard(1, 3, []), shard(3, 3, [])], "shard 2 of 3 is missing"],
    [
      "one is there twice",
      [shard(1, 2, []), shard(1, 2, []), shard(2, 2, [])],
      "shard 1 of 2 is there twice",
    ],
    ["one is of another fleet", [shard(1, 2, []), shard(2, 2, [], { fleet: "g" })], "is of another fleet"],
    ["one is by another version", [shard(1, 2, []), shard(2, 2, [], { version: "2" })], "by version 2"],
    [
      "they share the kernels out otherwise",
      [shard(1, 2, []), shard(2, 2, [], { shard: { index: 2, count: 2, plan: "q" } })],
      "otherwise than",
    ],
    ["one is a whole fleet's", [shard(1, 2, []), shard(2, 2, [], { shard: null })], "is of no shard"],
    ["there is none", [], "there is no report"],
  ])("is refused where %s", (_what, shards, words) => {
    expect(expectFailure(merge(...shards)).problems.join("\n")).toContain(words);
  });
});

describe("comparing runs", () => {
  const changes = (before: KernelRecord, after: KernelRecord) => compareRuns([before], [after]);

  it("finds nothing where nothing changed", () => {
    expect(changes(built("a"), built("a"))).toEqual([]);
  });

  it.each<readonly [string, Partial<ParserOutcome>, object]>([
    ["bytecode", { sha256: "bb" }, { kind: "bytecode", old: "aa", new: "bb", regression: false }],
    ["more bytes", { size: 1100 }, { kind: "size", old: 1000, new: 1100, regression: true }],
    ["fewer bytes", { size: 900 }, { kind: "size", regression: false }],
    ["more instructions", { instructions: 101 }, { kind: "instructions", regression: true }],
    ["a verdict", { verdict: "failed" }, { kind: "verdict", old: "passed", new: "failed", regression: true }],
    ["that it does not load", { loads: false }, { kind: "verdict", new: "does not load", regression: true }],
  ])("tells of %s", (_what, more, expected) => {
    const found = changes(built("a"), built("a", more));
    expect(found).toEqual([expect.objectContaining({ kernel: "a", parser: "zboot", ...expected })]);
  });

  it("tells of kernels that failed, came and went", () => {
    const before = [built("gone"), built("worse"), leftRecord("later")];
    const after = [{ ...leftRecord("worse"), state: "failed" as const }, built("later"), built("new")];
    expect(
      compareRuns(before, after).map(({ kernel, old, new: now, regression }) => [
        kernel,
        old,
        now,
        regression,
      ]),
    ).toEqual([
      ["gone", "built", "absent", true],
      ["later", "left", "built", false],
      ["new", "absent", "built", false],
      ["worse", "built", "failed", true],
    ]);
  });

  it("takes the verifier's instructions where both runs know them", () => {
    const one = built("a", { verifierInstructions: 500 });
    expect(changes(one, built("a", { verifierInstructions: 600 }))).toMatchObject([{ old: 500, new: 600 }]);
    expect(changes(one, built("a"))).toEqual([]);
  });

  it("fails on what it is asked to, beyond the growth that is let pass", () => {
    const all = changes(built("a"), built("a", { sha256: "bb", size: 1040, verdict: "failed" }));
    const kinds = (...rules: Parameters<typeof failing>[1]) => failing(all, rules).map(({ kind }) => kind);
    expect(kinds()).toEqual([]);
    expect(kinds({ kind: "size", percent: 0 })).toEqual(["size"]);
    expect(kinds({ kind: "size", percent: 4 })).toEqual([]);
    expect(kinds({ kind: "size", percent: 3.9 })).toEqual(["size"]);
    expect(kinds({ kind: "bytecode", percent: 0 }, { kind: "verdict", percent: 0 })).toEqual([
      "bytecode",
      "verdict",
    ]);
    expect(kinds({ kind: "any", percent: 0 })).toEqual(["bytecode", "size", "verdict"]);
    expect(kinds({ kind: "build", percent: 0 })).toEqual([]);
  });
});

it.each([
  ["abc", "abc", true],
  ["abc", "ab", false],
  ["abc", "a*", true],
  ["abc", "*b*", true],
  ["abc", "a?c", true],
  ["abbc", "a?c", false],
  ["a+c", "a+c", true],
  ["aac", "a+c", false],
  ["a.c", "a.c", true],
  ["abc", "a.c", false],
])("of names, %s and the glob %s: %s", (name, glob, matches) => {
  expect(matchesGlob(name, glob)).toBe(matches);
});
