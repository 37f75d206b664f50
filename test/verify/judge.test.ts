import { beforeAll, describe, expect, it } from "vitest";
import type { Revision } from "#abi/revisions.ts";
import { loadParser } from "#bpf-vm/load-parser.ts";
import { profileBtf } from "#bpf-vm/target/profile-btf.ts";
import { emit } from "#verify/emission.ts";
import { faultPaths } from "#verify/fault-paths.ts";
import { judge, judgeEffect } from "#verify/judge.ts";
import { type ParserUnderTest, parsersUnderTest } from "#verify/subject.ts";
import { type BuiltParsers, buildParsers } from "../bpf-vm/support/parsers.ts";
import { expectValue } from "../support/expect-value.ts";
import { buildPe } from "../support/pe-builder.ts";
import { buildZboot } from "../support/zboot-builder.ts";

const REVISIONS: readonly Revision[] = ["v6", "v7"];
const LIMITS = { kernel: 1 << 20, initrd: 1 << 20, cmdline: 4096 };
const PAYLOAD = Uint8Array.from({ length: 3000 }, (_, i) => (i * 7) & 0xff);
const ZBOOT = buildZboot(PAYLOAD);
const UKI = buildPe([
  { name: ".linux", data: PAYLOAD },
  { name: ".cmdline", data: Buffer.from("console=ttyS0\0") },
]).bytes;

describe.each(REVISIONS)("the judge of %s", (revision) => {
  let built: BuiltParsers;
  beforeAll(async () => {
    built = await buildParsers(revision);
  });

  function subjects(name: string): readonly ParserUnderTest[] {
    const parser = expectValue(loadParser(built.file(name), { target: profileBtf(revision) }));
    return expectValue(parsersUnderTest(parser, { name, revision, limits: LIMITS }));
  }
  function subject(name: string): ParserUnderTest {
    const [first] = subjects(name);
    if (first === undefined) throw new Error(`${name}: no subject`);
    return first;
  }

  it("tells the reference by the source file, and nested parsers apart", () => {
    expect(subject("zboot.bpf").reference).toBe("zboot");
    expect(subjects("uki.bpf").map(({ name, reference }) => [name, reference])).toEqual([
      ["uki.bpf", "uki"],
      ...(revision === "v6"
        ? [["uki.bpf .bpf.nested", "zboot"]]
        : [
            ["uki.bpf .bpf.nested/.bpf.1", "zboot"],
            ["uki.bpf .bpf.nested/.bpf.2", "plain"],
          ]),
    ]);
  });

  it.each([
    ["zboot.bpf", ZBOOT],
    ["uki.bpf", UKI],
    ["zboot.bpf", UKI],
    ["uki.bpf", ZBOOT.subarray(0, 100)],
  ])("finds nothing wrong with %s, on every fault path", async (name, image) => {
    const parser = subject(name);
    expect(judge(parser, image).findings).toEqual([]);
    expect((await judgeEffect(parser, image)).findings).toEqual([]);
    for (const injection of faultPaths(emit(parser, image))) {
      expect(judge(parser, image, { injection }).findings, JSON.stringify(injection)).toEqual([]);
    }
  });

  it("names the first byte that differs, and the line that stored it", () => {
    const wrong = { ...subject("uki.bpf"), reference: "zboot" as const };
    const { findings } = judge(wrong, ZBOOT);
    expect(findings).toMatchObject([
      { kind: "difference", difference: { index: 0, field: "command", b: "nothing" } },
    ]);
    const zboot = { ...subject("zboot.bpf"), limits: { ...LIMITS, kernel: 2999 } };
    const [finding] = judge(zboot, ZBOOT).findings;
    expect(finding?.kind === "difference" && finding.difference.a).toBe("nothing");
    expect(finding?.source?.file).toMatch(/zboot_parser_bpf\.c$/);
  });
});
