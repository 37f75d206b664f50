import { beforeAll, describe, expect, it } from "vitest";
import { REVISIONS } from "#abi/revisions.ts";
import { loadParser } from "#bpf-vm/load-parser.ts";
import { profileBtf } from "#bpf-vm/target/profile-btf.ts";
import { faultPaths } from "#verify/fault-paths.ts";
import { judge } from "#verify/judge.ts";
import { hostileCorpus } from "#verify/mutations/corpus.ts";
import type { ReferenceName } from "#verify/references.ts";
import { type ParserUnderTest, parsersUnderTest } from "#verify/subject.ts";
import { type BuiltParsers, buildParsers } from "../../bpf-vm/support/parsers.ts";

const LIMITS = { kernel: 1 << 20, initrd: 1 << 20, cmdline: 1 << 15 };

describe.each(REVISIONS)("the hostile corpus of %s", (revision) => {
  let built: BuiltParsers;
  beforeAll(async () => {
    built = await buildParsers(revision);
  });

  function subject(name: ReferenceName): ParserUnderTest {
    const parser = loadParser(built.file(`${name}.bpf`), { target: profileBtf(revision) });
    const found = parser.ok ? parsersUnderTest(parser.value, { name, revision, limits: LIMITS }) : parser;
    const [first] = found.ok ? found.value : [];
    if (first === undefined) throw new Error(JSON.stringify(found));
    return first;
  }

  const parsers = (["zboot", "uki", "plain"] as const).filter(
    (name) => name !== "plain" || revision === "v7",
  );

  it.each(parsers)("shows nothing wrong with the %s parser, on any fault path", (name) => {
    const parser = subject(name);
    const wrong: string[] = [];
    for (const hostile of hostileCorpus(revision, name)) {
      const image = hostile.image();
      const undisturbed = judge(parser, image);
      for (const { kind } of undisturbed.findings) wrong.push(`${hostile.name}: ${kind}`);
      for (const injection of faultPaths(undisturbed.emission)) {
        const { findings } = judge(parser, image, { injection });
        for (const { kind } of findings) wrong.push(`${hostile.name}, ${JSON.stringify(injection)}: ${kind}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it.each(parsers)("is the same every time for %s, with names of its own", (name) => {
    const [once, again] = [hostileCorpus(revision, name), hostileCorpus(revision, name)];
    const made = (corpus: typeof once) =>
      corpus.map((one) => [one.name, one.why, Buffer.from(one.image()).toString("hex")]);
    expect(made(once)).toEqual(made(again));
    expect(new Set(once.map((one) => one.name)).size).toBe(once.length);
    expect(once.length).toBeGreaterThan(80);
  });
});
