import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FleetKernel } from "#fleet/file/fleet-file.ts";
import { assignShards, parseShard } from "#fleet/shard.ts";
import { expectFailure, expectValue } from "../support/expect-value.ts";

const shardOf = (env: Readonly<Record<string, string>>) => parseShard("auto", env);
const slurm = (id: number, least: number, most: number, count: number) => ({
  SLURM_ARRAY_TASK_ID: `${id}`,
  SLURM_ARRAY_TASK_MIN: `${least}`,
  SLURM_ARRAY_TASK_MAX: `${most}`,
  SLURM_ARRAY_TASK_COUNT: `${count}`,
});

describe("--shard", () => {
  it("takes I/N", () => {
    expect(expectValue(parseShard("2/5", {}))).toEqual({ index: 2, count: 5 });
  });
  it.each(["0/5", "6/5", "1", "1/0", "a/b", "1/2/3", "-1/2", ""])("refuses %j", (text) => {
    expect(expectFailure(parseShard(text, {})).reason).toBe("usage");
  });

  it.each([
    ["Slurm's array 1-4", slurm(3, 1, 4, 4), 3, 4],
    ["Slurm's array 0-3", slurm(0, 0, 3, 4), 1, 4],
    ["Slurm's array 0-12:4", slurm(8, 0, 12, 4), 3, 4],
    ["Slurm's array of one", slurm(7, 7, 7, 1), 1, 1],
    ["GitLab", { CI_NODE_INDEX: "2", CI_NODE_TOTAL: "3" }, 2, 3],
    ["Buildkite", { BUILDKITE_PARALLEL_JOB: "0", BUILDKITE_PARALLEL_JOB_COUNT: "3" }, 1, 3],
    ["Kubernetes", { JOB_COMPLETION_INDEX: "4", KEXEC_BPF_SHARDS: "5" }, 5, 5],
    [
      "GitHub, by the variables that docs/fleet.md shows",
      { KEXEC_BPF_SHARD_INDEX: "1", KEXEC_BPF_SHARDS: "2" },
      2,
      2,
    ],
  ])("auto reads what %s says", (_engine, env, index, count) => {
    expect(expectValue(shardOf(env))).toEqual({ index, count });
  });

  it.each([
    ["no engine is there", {}, "give I/N"],
    ["two are", { ...slurm(1, 1, 2, 2), CI_NODE_INDEX: "1", CI_NODE_TOTAL: "2" }, "both SLURM_ARRAY_TASK_ID"],
    ["half of it is said", { JOB_COMPLETION_INDEX: "1" }, "KEXEC_BPF_SHARDS has no number"],
    ["Slurm's array has gaps", slurm(3, 1, 7, 3), "makes no shard"],
    ["the index is beyond", { CI_NODE_INDEX: "4", CI_NODE_TOTAL: "3" }, "makes no shard"],
  ])("auto is refused where %s", (_what, env, words) => {
    const failure = expectFailure(shardOf(env));
    expect(failure.reason === "usage" && failure.detail).toContain(words);
  });
});

const kernel = (name: string, btf: string) => ({ name, btf }) as FleetKernel;
const names = (shards: readonly (readonly FleetKernel[])[]) =>
  shards.map((shard) => shard.map(({ name }) => name));

describe("kernels", () => {
  const fleet = ["a1:a", "b1:b", "a2:a", "c1:c", "d1:d"].map((word) => {
    const [name = "", btf = ""] = word.split(":");
    return kernel(name, btf);
  });

  it("with the same types stay together", () => {
    expect(names(assignShards(fleet, 2, new Map()))).toEqual([
      ["a1", "a2", "d1"],
      ["b1", "c1"],
    ]);
  });

  it("are balanced by the times that they took", () => {
    const times = new Map([
      ["a1", 100],
      ["a2", 100],
      ["b1", 900],
      ["c1", 300],
      ["d1", 300],
    ]);
    expect(names(assignShards(fleet, 2, times))).toEqual([["b1"], ["a1", "a2", "c1", "d1"]]);
  });

  it("of one type are split where they are more than a share", () => {
    const same = Array.from({ length: 8 }, (_, i) => kernel(`k${i}`, "one"));
    expect(assignShards(same, 4, new Map()).map((shard) => shard.length)).toEqual([2, 2, 2, 2]);
  });

  it("are in one shard each, whatever there is", () => {
    const fleets = fc.uniqueArray(fc.record({ name: fc.string(), btf: fc.constantFrom("a", "b", "c") }), {
      selector: ({ name }) => name,
    });
    const times = fc.array(fc.tuple(fc.string(), fc.nat({ max: 10_000 })));
    fc.assert(
      fc.property(fleets, fc.integer({ min: 1, max: 9 }), times, (records, count, known) => {
        const kernels = records.map(({ name, btf }) => kernel(name, btf));
        const shards = assignShards(kernels, count, new Map(known));
        expect(shards).toHaveLength(count);
        expect(names(shards).flat().sort()).toEqual(kernels.map(({ name }) => name).sort());
      }),
    );
  });
});
