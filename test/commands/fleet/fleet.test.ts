import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FleetReport } from "#fleet/report.ts";
import type { PageData } from "#page/data.ts";
import { goodFiles } from "#verify/mutations/good-files.ts";
import { cli, cliOk } from "../../support/cli.ts";
import { amd64Kernel, arm64Image } from "../../support/real-inputs.ts";

const cwd = mkdtempSync(join(tmpdir(), "fleet-"));
afterAll(() => rmSync(cwd, { recursive: true }));

const AMD64 = ["amd", "amd-large"];

beforeAll(() => {
  const { bzImage, vmlinux } = amd64Kernel();
  const amd = { btf: vmlinux, image: bzImage };
  write("FLEET.json", [
    { name: "amd", ...amd },
    { name: "arm", image: arm64Image(), targets: ["uki"] },
    { name: "amd-large", ...amd, limits: { initrd: "100M" } },
  ]);
});

function write(file: string, kernels: readonly object[]): void {
  writeFileSync(join(cwd, file), JSON.stringify({ schema: 1, kernels }));
}

async function fleet(
  ...words: readonly string[]
): Promise<{ readonly status: number; readonly report: FleetReport }> {
  const { status, stdout } = await cli(["fleet", ...words, "--json"], { cwd });
  return { status, report: JSON.parse(stdout) as FleetReport };
}

/** The outputs of a kernel's folder, by name. */
function outputsOf(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(join(cwd, folder)).filter((name) => name !== ".kexec-bpf");
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(cwd, folder, name), "latin1")]));
}

const stateOf = ({ kernels }: FleetReport) => kernels.map(({ name, state }) => [name, state]);
const sum = ({ kernels }: FleetReport, what: "ran" | "shared" | "cached") =>
  kernels.reduce((total, { work }) => total + work[what], 0);

describe("a fleet", () => {
  let first: FleetReport;
  beforeAll(async () => {
    const { status, report } = await fleet("run", "FLEET.json", "-o", "out", "-j", "2");
    expect(status).toBe(0);
    first = report;
  });

  it("is built, and equal work is done once", () => {
    expect(stateOf(first)).toEqual([
      ["amd", "built"],
      ["arm", "built"],
      ["amd-large", "built"],
    ]);
    // What the two have in common is vmlinux.h: their initrds differ.
    expect(sum(first, "shared")).toBeGreaterThanOrEqual(1);
    expect(first.kernels[1]?.parsers).toMatchObject(
      ["plain", "uki", "zboot"].map((target) => ({ target, loads: true, verdict: null })),
    );
    expect(JSON.parse(readFileSync(join(cwd, "out/fleet-report.json"), "utf8"))).toEqual(first);
  });

  it("has a page with a row for each parser, which opens its run on a small image of its format", async () => {
    await fleet("run", "FLEET.json", "-o", "out", "--html", "page.html");
    const page = readFileSync(join(cwd, "page.html"), "utf8");
    const { tables, images, parsers } = JSON.parse(
      /id="data">(.*)<\/script>/.exec(page)?.[1] ?? "",
    ) as PageData;
    const rows = tables[0]?.rows ?? [];
    const outcomes = first.kernels.flatMap(({ name, parsers: own }) =>
      own.map(({ target, size }) => [name, target, size]),
    );
    expect(rows.map(({ cells }) => [cells[0], cells[1], cells[9]])).toEqual(outcomes);
    expect(new Set(parsers.map(({ blob }) => blob)).size).toBe(parsers.length);
    for (const { run } of rows) {
      expect(parsers.map(({ name }) => name)).toContain(run?.parser);
      expect(images.map(({ name }) => name)).toContain(run?.image);
    }
  });

  it("leaves what the plain build of each kernel leaves, byte for byte", async () => {
    for (const name of ["amd-large", "arm"]) {
      const manifest = readFileSync(join(cwd, "out", name, "uki.manifest.json"), "utf8");
      const { command } = JSON.parse(manifest).predicate.buildDefinition.externalParameters;
      const words = (command as readonly string[])
        .slice(1)
        .map((word) => (word.startsWith("../") ? resolve(cwd, "out", name, word) : word));
      const goals = name === "arm" ? words : words.map((word) => (word === "uki" ? "all" : word));
      await cliOk(
        goals.map((word) => (word === "." ? `plain/${name}` : word)),
        { cwd },
      );
      expect(Object.keys(outputsOf(`plain/${name}`))).toContain("uki.bpf");
      expect(outputsOf(`plain/${name}`), name).toEqual(outputsOf(`out/${name}`));
    }
  });

  it("of which nothing has changed is not built again; what has changed is", async () => {
    const again = await fleet("run", "FLEET.json", "-o", "out");
    expect(again.report.kernels).toEqual(first.kernels);
    const told = await cliOk(["fleet", "run", "FLEET.json", "-o", "out", "--verbose", "--json"], { cwd });
    expect(told.stderr.split("\n").filter((line) => line.includes(" SAME "))).toHaveLength(3);
    const { stderr } = await cliOk(["fleet", "run", "FLEET.json", "-o", "out"], { cwd });
    expect(stderr).not.toContain("SAME");
    const object = join(cwd, "out/amd/zboot.bpf");
    const before = readFileSync(object);
    writeFileSync(object, "edited");
    const status = await cli(["fleet", "status", "FLEET.json", "-o", "out"], { cwd });
    expect([status.status, status.stdout]).toEqual([
      1,
      expect.stringMatching(/^amd +built, but something has/),
    ]);
    const mended = await fleet("run", "FLEET.json", "-o", "out");
    expect([mended.status, mended.report.kernels[0]?.work.ran]).toEqual([0, 1]);
    expect(readFileSync(object)).toEqual(before);
    expect((await cli(["fleet", "status", "FLEET.json", "-o", "out"], { cwd })).status).toBe(0);
  });

  it("has the same outputs by shards, whose reports become one", async () => {
    for (const i of [1, 2]) {
      const { status } = await fleet(
        "run",
        "FLEET.json",
        "-o",
        `shard${i}`,
        "--shard",
        `${i}/2`,
        "--cache",
        "cache",
      );
      expect(status).toBe(0);
    }
    const { sha256 } = first.kernels[0]?.parsers[0] ?? { sha256: "" };
    const verified = { sha256, load: { instructions: 1291 } };
    const tested = { schema: 1, kernels: [{ parsers: [verified] }] };
    writeFileSync(join(cwd, "tested.json"), JSON.stringify(tested));
    const merged = await fleet("merge", "shard1", "shard2", "-o", "merged", "--kernel-test", "tested.json");
    const counted = merged.report.kernels[0]?.parsers.map((parser) => parser.verifierInstructions);
    expect(counted).toEqual([1291, null]);
    expect([merged.status, merged.report.counts]).toEqual([0, { built: 3, failed: 0, left: 0 }]);
    for (const { name, folder } of merged.report.kernels) {
      expect(outputsOf(join("merged", folder)), name).toEqual(outputsOf(`out/${name}`));
    }
    const missing = await cli(["fleet", "merge", "shard2", "-o", "merged2"], { cwd });
    expect([missing.status, missing.stderr]).toEqual([1, expect.stringContaining("shard 1 of 2 is missing")]);
    const compared = await cli(["fleet", "compare", "out", "merged", "--fail-on", "any"], { cwd });
    expect(compared).toMatchObject({ status: 0, stdout: "nothing changed\n" });
  });

  it("has the same outputs out of a cache, with no compiler's work done here", async () => {
    const { status, report } = await fleet(
      ...[
        "run",
        "FLEET.json",
        "-o",
        "cached",
        "--cache",
        "cache",
        "--cache-mode",
        "read",
        "--trace",
        "trace.json",
      ],
    );
    expect(status).toBe(0);
    expect(report.cache).toMatchObject({ misses: 0, stored: 0 });
    expect(sum(report, "cached")).toBeGreaterThan(8);
    for (const name of [...AMD64, "arm"])
      expect(outputsOf(`cached/${name}`)).toEqual(outputsOf(`out/${name}`));
    const { traceEvents } = JSON.parse(readFileSync(join(cwd, "trace.json"), "utf8"));
    const compiled = traceEvents.filter(({ name }: { name: string }) => name.startsWith("CLANG"));
    expect(compiled.map(({ cat }: { cat: string }) => cat)).not.toContain("ran");
    expect(compiled[0].args.why).toEqual(["it has not been made here before"]);
  });

  it("is cleaned, but for what is another's", async () => {
    cpSync(join(cwd, "cached"), join(cwd, "cleaned"), { recursive: true });
    writeFileSync(join(cwd, "cleaned/arm/mine"), "");
    await cliOk(["fleet", "clean", "FLEET.json", "-o", "cleaned"], { cwd });
    expect(readdirSync(join(cwd, "cleaned"), { recursive: true })).toEqual(["arm", "arm/mine"]);
    await cliOk(["fleet", "clean", "FLEET.json", "-o", "cached"], { cwd });
    expect(existsSync(join(cwd, "cached"))).toBe(false);
  });
});

describe("a kernel that fails", () => {
  it("fails alone, and is told in the end", async () => {
    writeFileSync(join(cwd, "no-kernel"), "no kernel");
    const { bzImage, vmlinux } = amd64Kernel();
    write("bad.json", [
      { name: "bad", image: "no-kernel" },
      { name: "amd", btf: vmlinux, image: bzImage, verify: ["good.img"] },
      { name: "refused", btf: vmlinux, image: bzImage, verify: ["no-kernel"] },
    ]);
    const uki = goodFiles("v7", undefined).find(({ format }) => format === "uki");
    writeFileSync(join(cwd, "good.img"), uki?.image ?? "");
    const words = ["fleet", "run", "bad.json", "-o", "bad", "--junit", "junit.xml"];
    const { status, stdout, stderr } = await cli(words, { cwd });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^bad +FAILED/m);
    expect(stderr).toMatch(/2 built, 1 failed, 0 left.*\nbad: .*no BTF.*\nrefused: no image was accepted/);
    const junit = readFileSync(join(cwd, "junit.xml"), "utf8");
    expect(junit).toMatch(/<testsuite name="bad" tests="1" failures="1"/);
    expect(junit).toMatch(/<testsuite name="amd" tests="3" failures="0"/);
  });

  it("ends the run where nothing is to go on, and the others are left", async () => {
    const { report } = await fleet("run", "bad.json", "-o", "stopped", "--no-keep-going", "-j", "1");
    expect(stateOf(report)[0]).toEqual(["bad", "failed"]);
    expect(report.ok).toBe(false);
  });
});

it.each([
  [
    "--only without a kernel",
    ["run", "FLEET.json", "-o", "p", "--only", "x*"],
    2,
    "--only x* names no kernel",
  ],
  [
    "sizes exact and in steps",
    ["run", "FLEET.json", "-o", "p", "--exact-sizes", "--size-step", "1M"],
    2,
    "exclude",
  ],
  [
    "a cache of another protocol",
    ["run", "FLEET.json", "-o", "p", "--cache", "grpc://h:1"],
    2,
    "--cache is an http",
  ],
  [
    "a comparison by what there is not",
    ["compare", "out", "out", "--fail-on", "speed"],
    2,
    "--fail-on speed",
  ],
  ["init of nothing", ["init"], 2, "is needed"],
])("%s is refused", async (_what, words, status, text) => {
  const outcome = await cli(["fleet", ...words], { cwd });
  expect([outcome.status, outcome.stderr]).toEqual([status, expect.stringContaining(text)]);
  expect(existsSync(join(cwd, "p"))).toBe(false);
});

it("init writes a FLEET.json of what it finds, which run takes", async () => {
  const { bzImage, vmlinux } = amd64Kernel();
  const found = join(cwd, "boot");
  cpSync(bzImage, join(found, "vmlinuz-a"));
  cpSync(vmlinux, join(found, "debug", "vmlinux"));
  writeFileSync(join(found, "initrd.img"), "");
  await cliOk(["fleet", "init", "boot", "-o", "init.json"], { cwd });
  const written = JSON.parse(readFileSync(join(cwd, "init.json"), "utf8"));
  expect(written).toEqual({
    schema: 1,
    kernels: [{ name: expect.stringMatching(/^6\./), image: "boot/vmlinuz-a", arch: "x86" }],
  });
  const twice = await cli(["fleet", "init", "boot", "-o", "init.json"], { cwd });
  expect([twice.status, twice.stderr]).toEqual([2, expect.stringContaining("--force replaces it")]);
});
