import { beforeAll, describe, expect, it, test } from "vitest";
import type { LoadedParser } from "#bpf-vm/load-parser.ts";
import { loadForRevision } from "#bpf-vm/own-revision.ts";
import { isFor } from "#verify/corpus-case.ts";
import { examine } from "#verify/examine.ts";
import { faultPaths } from "#verify/fault-paths.ts";
import { findingFacts, sourcePlace } from "#verify/finding-record.ts";
import { judge } from "#verify/judge.ts";
import { goodFiles } from "#verify/mutations/good-files.ts";
import { ringLimits } from "#verify/ring-limits.ts";
import {
  imageArchitecture,
  type ParserUnderTest,
  parsersUnderTest,
  type UnderTestOptions,
} from "#verify/subject.ts";
import { buildParsers } from "../bpf-vm/support/parsers.ts";
import { silentParser } from "../fuzz/simple-subject.ts";
import { expectFailure, expectValue } from "../support/expect-value.ts";

const image = goodFiles("v7").find(({ name }) => name === "zboot")?.image ?? expect.fail();
const silent = silentParser("v7", 100);
const LIMITS = { kernel: 1 << 20, initrd: 1 << 20, cmdline: 2048 };
const EXACT = { comparison: "exact", faultPaths: false } as const;

let zboot: ParserUnderTest;
let loaded: LoadedParser;
const options = (more: Partial<UnderTestOptions> = {}): UnderTestOptions => ({
  name: "z.bpf",
  revision: "v7",
  limits: LIMITS,
  ...more,
});
beforeAll(async () => {
  const bytes = (await buildParsers("v7")).file("zboot.bpf");
  loaded = expectValue(loadForRevision(bytes, "v7")).parser;
  const [only] = expectValue(parsersUnderTest(loaded, options()));
  zboot = only ?? expect.fail();
});

describe("an examination", () => {
  it("of a right parser has its commands, and every fault path passed", async () => {
    const whole = await examine(zboot, image, { comparison: "exact", faultPaths: true });
    const paths = faultPaths(judge(zboot, image).emission);
    expect(whole).toMatchObject({ ok: true, refusal: null, findings: [] });
    expect(whole?.faultPaths).toEqual({ passed: paths.length, run: paths.length });
    expect(whole?.commands.map(({ title }) => title)).toEqual(["DECOMPRESS/KERNEL", "DONE"]);
    expect(whole?.commands.at(-1)?.size).toBe(0);
    expect(await examine(zboot, image, EXACT)).toMatchObject({ ok: true, faultPaths: { passed: 0, run: 0 } });
  });

  it("by its effect judges as by its bytes, where all is right", async () => {
    const whole = await examine(zboot, image, { comparison: "effect", faultPaths: true });
    expect(whole).toEqual(await examine(zboot, image, { comparison: "exact", faultPaths: true }));
  });

  it("of an image that is to be refused says why, and a parser that is silent is right then", async () => {
    const refused = await examine(silent, image.slice(0, 10), EXACT);
    expect(refused).toMatchObject({ ok: true, commands: [], refusal: { reason: "malformed" } });
  });

  it("of a silent parser tells the command that is missing, once, with all runs that show it", async () => {
    const injection = { failReserve: 1 };
    const whole = await examine(silent, image, { ...EXACT, injection, faultPaths: true });
    expect(whole?.ok).toBe(false);
    expect(whole?.findings).toMatchObject([
      { kind: "difference", field: "command", index: 0, runs: ["undisturbed"], source: null, bytes: null },
    ]);
    // An injection by which nothing may come is passed by one who sends nothing; two more are there for all.
    expect(whole?.faultPaths).toEqual({ passed: 3, run: 3 });
    const again = await examine(silent, image, { ...EXACT, injection: { failReserve: 9 } });
    expect(again?.findings.map(({ runs }) => runs)).toEqual([["undisturbed"]]);
  });

  it("adds the coverage of all its runs, and ends where it is told to", async () => {
    const coverage = silent.programs.map(({ lowered }) => new Uint8Array(lowered.bySlot.length));
    await examine(silent, image, { ...EXACT, coverage });
    const once = coverage.map((one) => [...one]);
    expect(once).toEqual([[1, 1, 1, 3, 0, 1].map(() => expect.any(Number))]);
    expect(once.flat().filter((seen) => seen === 0)).toHaveLength(1);
    await examine(silent, image.slice(0, 10), { ...EXACT, coverage });
    expect(coverage.flatMap((one) => [...one])).not.toContain(0);
    const beats: (readonly [number, number])[] = [];
    const beat = (run: number, runs: number) => beats.push([run, runs]) < 3;
    expect(await examine(silent, image, { comparison: "exact", faultPaths: true, beat })).toBeUndefined();
    expect(beats).toEqual([
      [0, 1],
      [1, 3],
      [2, 3],
    ]);
    expect(await examine(silent, image, { ...EXACT, beat: () => false })).toBeUndefined();
  });
});

test("the fault paths are no image, no context, each reserve, each command, each call site that was come by", () => {
  const { emission } = judge(zboot, image);
  const paths = faultPaths(emission);
  const calls = emission.runs[0]?.outcome.calls ?? expect.fail();
  expect(paths.slice(0, 2)).toEqual([{ noImage: true }, { noContext: true }]);
  const values = (name: "failReserve" | "refuseBuffer") => paths.flatMap((path) => path[name] ?? []);
  const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
  expect(values("failReserve")).toEqual(upTo(calls.reserves));
  expect(values("refuseBuffer")).toEqual(upTo(calls.buffers));
  expect(calls.buffers).toBe(2);
  const sites = paths.flatMap(({ failProbeSite }) => failProbeSite ?? []);
  expect(sites.length).toBeGreaterThan(1);
  expect(new Set(sites).size).toBe(sites.length);
  for (const site of sites) expect(emission.runs[0]?.outcome.coverage[site]).not.toBe(0);
  expect(paths.length).toBe(2 + calls.reserves + calls.buffers + sites.length);
});

describe("a subject", () => {
  it("has its name, its file's architecture or the one that is said, and its reference", () => {
    const machine = (number: number | undefined, more: Partial<UnderTestOptions> = {}) =>
      parsersUnderTest({ ...loaded, machine: number }, options(more));
    const archOf = (...given: Parameters<typeof machine>) => expectValue(machine(...given))[0]?.arch;
    expect([62, 183, 243, 258, 1, undefined].map((number) => archOf(number))).toEqual([
      undefined,
      "arm64",
      "riscv",
      "loongarch",
      undefined,
      undefined,
    ]);
    expect([183, 62, undefined].map((number) => imageArchitecture({ machine: number }))).toEqual([
      "arm64",
      undefined,
      undefined,
    ]);
    expect(archOf(undefined, { arch: "riscv" })).toBe("riscv");
    expect(archOf(undefined, { arch: "x86" })).toBeUndefined();
    expect(archOf(183, { arch: "arm64" })).toBe("arm64");
    for (const failed of [
      machine(183, { arch: "riscv" }),
      machine(undefined, { arch: "x86", reference: "plain" }),
      parsersUnderTest({ ...loaded, programs: silent.programs, machine: undefined }, options()),
    ])
      expect(expectFailure(failed)).toMatchObject({
        reason: "usage",
        detail: expect.stringMatching(/^z\.bpf: /),
      });
    expect(expectValue(machine(62, { reference: "plain" }))[0]?.reference).toBe("plain");
    expect(expectValue(machine(183))[0]).toMatchObject({ name: "z.bpf", layer: 1, reference: "zboot" });
  });

  it("takes corpus cases of its revision and reference; zboot and envelope are judged by one another's", () => {
    const of = (reference: "zboot" | "envelope" | "uki", revision: "v6" | "v7" = "v7") =>
      ({ schema: 1, reference, revision, why: "" }) as const;
    const takes = (reference: "zboot" | "envelope" | "uki" | undefined, given: ReturnType<typeof of>) =>
      isFor(given, { revision: "v7", reference });
    expect([
      takes("zboot", of("zboot")),
      takes("zboot", of("envelope")),
      takes("envelope", of("zboot")),
    ]).toEqual([true, true, true]);
    expect([takes("uki", of("uki")), takes("uki", of("zboot")), takes("zboot", of("uki"))]).toEqual([
      true,
      false,
      false,
    ]);
    expect([takes("zboot", of("zboot", "v6")), takes(undefined, of("zboot"))]).toEqual([false, false]);
  });

  it("has parts as large as its rings have room for, less two record headers and the command's", () => {
    const header = zboot.header.size;
    const rings = loaded.programs[0]?.maps.filter((map) => map.name.startsWith("ringbuf")) ?? [];
    const limits = ringLimits(loaded, "v7");
    const room = rings.map(({ maxEntries }) => maxEntries - 16 - header);
    expect([limits?.kernel, limits?.initrd, limits?.cmdline]).toEqual(room.slice(0, 3));
    expect(ringLimits({ ...loaded, programs: [] }, "v7")).toBeUndefined();
    expect(ringLimits({ ...loaded, programs: silent.programs }, "v7")).toBeUndefined();
  });
});

describe("a finding's record", () => {
  const source = { offset: 8, file: "./a/zboot.c", line: 12, text: "  x = 1;  " };
  it("has its source as the compiler was told it, without ./ and blanks", () => {
    expect(sourcePlace(source)).toEqual({ file: "a/zboot.c", line: 12, text: "x = 1;" });
    expect(sourcePlace(undefined)).toBeNull();
  });

  const fault = { detail: "d", instruction: 7 };
  const difference = { index: undefined, field: "command", a: "1", b: "2" } as const;
  const failure = { reason: "malformed", format: "KBS", section: "s", offset: 1, detail: "d" } as const;
  it.each<[object, Parameters<typeof findingFacts>[0]]>([
    [
      { kind: "fault", reason: "wild", ...fault, callee: null },
      { kind: "fault", source, fault: { reason: "wild", ...fault } },
    ],
    [
      { kind: "not-modelled", ...fault, callee: null },
      { kind: "fault", source, fault: { reason: "not-modelled", ...fault } },
    ],
    [
      { kind: "leak", what: "record", name: "r" },
      { kind: "leak", source, reference: { kind: "record", name: "r", acquiredAt: 1 } },
    ],
    [
      { kind: "malformed", index: 2, failure, emitted: ["00"] },
      { kind: "malformed", source, index: 2, failure, emitted: ["00"] },
    ],
    [
      { kind: "went-on", index: 4 },
      { kind: "went-on", source, index: 4 },
    ],
    [
      {
        kind: "difference",
        index: null,
        field: "command",
        expected: "1",
        emitted: "2",
        bytes: null,
        sourceIs: "sender",
      },
      { kind: "difference", source, difference, sourceIs: "sender" },
    ],
  ])("has its facts: %j", (facts, finding) => {
    expect(findingFacts(finding, 99)).toEqual(facts);
  });
});
