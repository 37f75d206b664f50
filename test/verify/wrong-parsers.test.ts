import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { REVISIONS, type Revision } from "#abi/revisions.ts";
import { compileParser } from "#build/compile/compile-parser.ts";
import type { FindingRecord, Verification } from "#core/verification.ts";
import { findingText } from "#report/finding-text.ts";
import { vmRunner } from "#verify/vm-runner.ts";
import { IMAGES, type ImageName } from "../fixtures/wrong-parsers/images.ts";
import { patched, type Sources, sourcesOf } from "../fixtures/wrong-parsers/sources.ts";
import { WRONG_PARSERS, type WrongParser } from "../fixtures/wrong-parsers/wrong-parsers.ts";
import { cli } from "../support/cli.ts";
import { expectValue } from "../support/expect-value.ts";
import { extent } from "../support/extent.ts";
import { newFolder, write } from "../support/kernel-tree.ts";

const sources = new Map<Revision, Sources>();
beforeAll(async () => {
  for (const abi of REVISIONS) sources.set(abi, await sourcesOf(abi));
});

/** `kexec-bpf verify` of C text on images, by the reference that the parser's name stands for. */
async function verify(
  parser: string,
  revision: Revision,
  source: string,
  images: readonly ImageName[],
  ...more: readonly string[]
) {
  const { headers } = sources.get(revision) ?? { headers: "" };
  const cwd = newFolder();
  mkdirSync(join(cwd, "images"));
  write(join(cwd, `${parser}_parser_bpf.c`), source);
  for (const [index, image] of images.entries()) write(join(cwd, `images/${index}.img`), IMAGES[image]);
  const files = [`${parser}_parser_bpf.c`, "--image", "images", "-I", headers];
  const options = ["--abi", revision, "--json", ...more];
  const { status, stdout, stderr } = await cli(["verify", ...files, ...options], { cwd });
  if (stdout === "") throw new Error(stderr);
  return { status, verification: JSON.parse(stdout) as Verification };
}

/** Each in its revisions, or in one of them. */
const CASES = WRONG_PARSERS.flatMap((wrong, index) => {
  const revisions = wrong.revisions ?? ["v7"];
  const some = revisions.filter((_, place) => place === index % revisions.length);
  return extent(some, revisions).map((revision) => [revision, wrong.name, wrong] as const);
});

describe("verify catches", () => {
  it.each(CASES)("%s: %s", async (revision, _name, wrong) => {
    const source = patched(wrong, sources.get(revision)?.of(wrong.parser) ?? "");
    const { status, verification } = await verify(wrong.parser, revision, source, [wrong.image]);
    expect(status).toBe(1);
    const findings = verification.verdicts.flatMap((verdict) => verdict.findings);
    const { kind, field, words, source: line, run } = wrong.finding;
    const expected = {
      kind,
      ...(field !== undefined && { field }),
      words: typeof words === "string" ? words : expect.stringMatching(words),
      ...(line !== undefined && { source: expect.stringContaining(line) }),
      run: typeof run === "string" ? run : expect.stringMatching(run),
    };
    expect(findings.map(outline)).toContainEqual(expect.objectContaining(expected));
  });
});

function wrongParser(name: string): WrongParser {
  const wrong = WRONG_PARSERS.find((one) => one.name === name);
  if (wrong === undefined) throw new Error(`no wrong parser ${name}`);
  return wrong;
}

describe("vmRunner", () => {
  it("names the line that took what is not given back", async () => {
    const { headers, of } = sources.get("v7") ?? { headers: "", of: () => "" };
    const file = write(join(newFolder(), "uki_parser_bpf.c"), patched(wrongParser("missing put"), of("uki")));
    const compiled = expectValue(
      await compileParser(file, [headers], { revision: "v7", btf: undefined }, {}),
    );
    const image = IMAGES.uki;
    const stage = { revision: "v7", layer: 1, program: ".bpf.1", buffers: [image] } as const;
    const before = { kernel: undefined, initrd: undefined, cmdline: undefined };
    expect(await vmRunner("v7")(compiled.object, { ...stage, ...before })).toMatchObject({
      ok: false,
      failure: {
        reason: "parser-misbehaved",
        detail: expect.stringMatching(/is not given back$/),
        source: {
          file: "uki_parser_bpf.c",
          text: expect.stringContaining("bpf_get_parser_context(parser_id)"),
        },
      },
    });
  });
});

describe("verify --effect", () => {
  async function findings(name: string) {
    const wrong = wrongParser(name);
    const source = patched(wrong, sources.get("v7")?.of(wrong.parser) ?? "");
    const { verification } = await verify(wrong.parser, "v7", source, [wrong.image], "--effect");
    return verification.verdicts.flatMap((verdict) => verdict.findings.map(outline));
  }

  it("does not mind another order", async () => {
    expect(await findings("initrd before kernel")).toEqual([]);
  });

  it("minds another kernel, and names the line that stored the first wrong byte", async () => {
    expect(await findings("padding sent along")).toContainEqual({
      kind: "difference",
      field: "kernel",
      words: "kernel: 3000 bytes expected, 3072 bytes emitted",
      source: expect.stringContaining("bpf_probe_read_kernel(record->payload"),
      run: "undisturbed",
    });
  });
});

function outline(finding: FindingRecord) {
  return {
    kind: finding.kind,
    ...(finding.kind === "difference" && { field: finding.field }),
    words: findingText(finding),
    source: finding.source?.text,
    run: finding.runs[0],
  };
}

/** Without its mistake, the same images are no trouble: what is found is the mistake and nothing else. */
describe("verify finds nothing in the parsers as they are", () => {
  const images = Object.keys(IMAGES) as ImageName[];
  it.each(
    REVISIONS.flatMap((revision) => (["zboot", "uki"] as const).map((parser) => [revision, parser] as const)),
  )("%s %s", async (revision, parser) => {
    const source = sources.get(revision)?.of(parser) ?? "";
    const { status, verification } = await verify(parser, revision, source, images);
    const found = verification.verdicts.map(({ image, findings }) => [image, findings.map(outline)]);
    expect(found).toHaveLength(images.length);
    expect(found.filter(([, findings]) => findings?.length !== 0)).toEqual([]);
    expect(verification.counts.accepted).toBeGreaterThan(0);
    expect([status, verification.shortfalls]).toEqual([0, []]);
  });
});
