import { beforeAll, describe, expect, it } from "vitest";
import { REVISIONS } from "#abi/revisions.ts";
import { loadParser } from "#bpf-vm/load-parser.ts";
import { profileBtf } from "#bpf-vm/target/profile-btf.ts";
import { judge } from "#verify/judge.ts";
import { type ElfRow, elfLayout, withElfRows } from "#verify/mutations/elf-layout.ts";
import { goodFiles } from "#verify/mutations/good-files.ts";
import { type PeRow, peLayout, withPeRows } from "#verify/mutations/pe-layout.ts";
import { parsersUnderTest } from "#verify/subject.ts";
import { type BuiltParsers, buildParsers } from "../bpf-vm/support/parsers.ts";

const LIMITS = { kernel: 1 << 20, initrd: 1 << 20, cmdline: 1 << 15 };

function good(name: string): Uint8Array {
  const file = goodFiles("v7").find((one) => one.name === name);
  if (file === undefined) throw new Error(`no good file ${name}`);
  return file.image;
}

/** A UKI with all the sections that NumberOfSections can say, those that count last. */
function fullUki(): Uint8Array {
  const layout = peLayout(good("uki"));
  if (layout === undefined) throw new Error("not a PE file");
  const other: PeRow = { name: ".dtbauto", virtualSize: 1, rawSize: 1, rawOffset: 0 };
  const others = Array<PeRow>(65535 - layout.rows.length).fill(other);
  return withPeRows(good("uki"), layout, [...others, ...layout.rows]);
}

/** An envelope with all the sections that e_shnum can say. */
function fullEnvelope(): Uint8Array {
  const rows = elfLayout(good("envelope"))?.rows ?? [];
  const [none, ...sections] = rows;
  if (none === undefined) throw new Error("not an ELF file");
  const other: ElfRow = { name: ".note", type: 7n, offset: 0n, size: 0n };
  const others = Array<ElfRow>(0xfeff - rows.length).fill(other);
  return withElfRows(good("envelope"), [none, ...others, ...sections]);
}

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
