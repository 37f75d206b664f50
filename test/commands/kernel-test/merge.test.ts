import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cli, cliOk } from "../../support/cli.ts";
import { newFolder } from "../../support/kernel-tree.ts";

const cwd = newFolder("kernel-test-merge");

const parser = {
  ...{
    name: "zboot.bpf .bpf.1",
    sha256: "ab",
    load: { state: "loaded", instructions: 1291, totalStates: 113 },
  },
  ...{ cases: 9, asVm: 9, asReference: null, findings: [] },
};

function shard(index: number, releases: readonly string[], more: object = {}): string {
  const kernels = releases.map((release) => ({ source: release, release, parsers: [parser] }));
  const name = `${index}.json`;
  const report = { schema: 1, passed: true, shard: { index, count: 3 }, kernels, ...more };
  writeFileSync(join(cwd, name), JSON.stringify(report));
  return name;
}

const merge = (...words: readonly string[]) => cli(["kernel-test", "merge", ...words], { cwd });

describe("kernel-test merge", () => {
  it("makes one report of all shards, with the kernels in their order", async () => {
    const files = [shard(3, ["c"]), shard(1, ["a", "d"]), shard(2, ["b", "e"])];
    const { stdout } = await cliOk(["kernel-test", "merge", ...files, "--json"], { cwd });
    const report = JSON.parse(stdout) as { kernels: { release: string }[] };
    expect(report).toMatchObject({ schema: 1, passed: true, shard: null });
    expect(report.kernels.map(({ release }) => release)).toEqual(["a", "b", "c", "d", "e"]);
    const { stdout: text } = await cliOk(["kernel-test", "merge", ...files], { cwd });
    expect(text.split("\n")[1]).toBe(
      "a       zboot.bpf .bpf.1  yes    1291   113     -      9      9      -             0",
    );
  });

  it("has not passed where a shard has not", async () => {
    const files = [shard(1, ["a"]), shard(2, ["b"], { passed: false }), shard(3, ["c"])];
    const { status, stdout, stderr } = await merge(...files);
    expect([status, stdout.split("\n").length]).toEqual([1, 5]);
    expect(stderr).toBe("kexec-bpf: not every shard passed: their own reports say why\n");
  });

  it.each([
    ["a shard that is missing", () => [shard(1, ["a"]), shard(3, ["c"])], "shard 2 of 3 is missing"],
    [
      "one that is there twice",
      () => [shard(1, []), "1.json"],
      "shard 1 of 3 is there twice: 1.json, 1.json",
    ],
    ["a report of no shard", () => [shard(1, []), shard(2, [], { shard: null })], "2.json is of no shard"],
    [
      "one of another number of shards",
      () => [shard(1, []), shard(2, [], { shard: { index: 2, count: 4 } })],
      "2.json is one of 4, not of 3",
    ],
  ])("names %s", async (_what, files, problem) => {
    const { status, stderr, stdout } = await merge(...files());
    expect(stderr.replaceAll(`${cwd}/`, "")).toContain(`\n  ${problem}\n`);
    expect([status, stdout]).toEqual([1, ""]);
  });

  it("does not take another file", async () => {
    writeFileSync(join(cwd, "other.json"), '{"schema":1}');
    const { status, stderr } = await merge("other.json");
    expect(stderr).toContain("it is not what kernel-test --json writes");
    expect(status).toBe(1);
  });
});
