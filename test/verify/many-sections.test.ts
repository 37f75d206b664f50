import { beforeAll, describe, expect, it } from "vitest";
import { REVISIONS } from "#abi/revisions.ts";
import { loadParser } from "#bpf-vm/load-parser.ts";
import { profileBtf } from "#bpf-vm/target/profile-btf.ts";
import { judge } from "#verify/judge.ts";
import { parsersUnderTest } from "#verify/subject.ts";
import { type BuiltParsers, buildParsers } from "../bpf-vm/support/parsers.ts";
import { fullEnvelope, fullUki } from "../support/full-tables.ts";

const LIMITS = { kernel: 1 << 20, initrd: 1 << 20, cmdline: 1 << 15 };

describe.each(REVISIONS)("the parsers of %s", (revision) => {
  let built: BuiltParsers;
  beforeAll(async () => {
    built = await buildParsers(revision);
  });

  function verdict(parser: "uki" | "zboot", image: Uint8Array) {
    const loaded = loadParser(built.file(`${parser}.bpf`), { target: profileBtf(revision) });
    const found = loaded.ok
      ? parsersUnderTest(loaded.value, { name: parser, revision, limits: LIMITS })
      : loaded;
    const [subject] = found.ok ? found.value : [];
    if (subject === undefined) throw new Error(JSON.stringify(found));
    const { emission, findings } = judge(subject, image);
    return { sent: emission.emitted.length, findings };
  }

  const done = revision === "v7" ? 1 : 0;

  it("take a UKI of 65,535 sections apart", () =>
    expect(verdict("uki", fullUki())).toEqual({ sent: 3 + done, findings: [] }));

  it("take an envelope of 65,279 sections apart, where there are envelopes", () =>
    expect(verdict("zboot", fullEnvelope())).toEqual({ sent: done === 0 ? 0 : 4, findings: [] }));
});
