import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { REVISIONS, type Revision } from "#abi/revisions.ts";
import type { FindingRecord, Verification } from "#core/verification.ts";
import { findingText } from "#report/finding-text.ts";
import { IMAGES, type ImageName } from "../fixtures/wrong-parsers/images.ts";
import { WRONG_PARSERS, type WrongParser } from "../fixtures/wrong-parsers/wrong-parsers.ts";
import { cli, cliOk } from "../support/cli.ts";
import { newFolder, write } from "../support/kernel-tree.ts";
import { amd64Kernel, arm64Image } from "../support/real-inputs.ts";

/** Where a revision's headers are, and its sources as the templates make them. */
type Sources = { readonly headers: string; readonly of: (parser: WrongParser["parser"]) => string };

const sources = new Map<Revision, Sources>();
beforeAll(async () => {
  for (const abi of REVISIONS) {
    const out = newFolder(`built-${abi}`);
    const from = ["--image", arm64Image(), "--vmlinux", amd64Kernel().vmlinux];
    const sizes = ["--max-kernel", "100000", "--max-initrd", "4096", "--max-cmdline", "2048"];
    await cliOk(["build", ...from, ...sizes, "--abi", abi, "-o", out], { cwd: out });
    sources.set(abi, {
      headers: join(out, ".kexec-bpf"),
      of: (parser) => readFileSync(join(out, `${parser}_parser_bpf.c`), "utf8"),
    });
  }
});

/** The source with the parser's mistake in it; throws where the templates have moved on. */
function patched({ name, patch }: WrongParser, source: string): string {
  return patch.reduce((text, [find, replacement]) => {
    const times = text.split(find).length - 1;
    if (times !== 1) throw new Error(`${name}: the C has ${times} times, and must have once:\n${find}`);
    return text.replace(find, () => replacement);
  }, source);
}

/** `kexec-bpf verify` of C text on an image, by the reference that the parser's name stands for. */
async function verify(parser: string, revision: Revision, source: string, image: ImageName) {
  const { headers } = sources.get(revision) ?? { headers: "" };
  const cwd = newFolder();
  mkdirSync(join(cwd, "images"));
  write(join(cwd, `${parser}_parser_bpf.c`), source);
  write(join(cwd, "images/image.img"), IMAGES[image]);
  const files = [`${parser}_parser_bpf.c`, "--image", "images", "-I", headers];
  const { status, stdout, stderr } = await cli(["verify", ...files, "--abi", revision, "--json"], { cwd });
  if (stdout === "") throw new Error(stderr);
  return { status, verification: JSON.parse(stdout) as Verification };
}

const CASES = WRONG_PARSERS.flatMap((wrong) =>
  (wrong.revisions ?? ["v7"]).map((revision) => [revision, wrong.name, wrong] as const),
);

describe("verify catches", () => {
  it.each(CASES)("%s: %s", async (revision, _name, wrong) => {
    const source = patched(wrong, sources.get(revision)?.of(wrong.parser) ?? "");
    const { status, verification } = await verify(wrong.parser, revision, source, wrong.image);
    expect(status).toBe(1);
    const findings = verification.verdicts.flatMap((verdict) => verdict.findings);
    expect(findings.map(outline)).toContainEqual({
      kind: wrong.finding.kind,
      ...(wrong.finding.field !== undefined && { field: wrong.finding.field }),
      words:
        typeof wrong.finding.words === "string"
          ? wrong.finding.words
          : expect.stringMatching(wrong.finding.words),
      source: expect.stringContaining(wrong.finding.source),
      run:
        typeof wrong.finding.run === "string" ? wrong.finding.run : expect.stringMatching(wrong.finding.run),
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

/** Without its mistake, the same image is no trouble: what is found is the mistake and nothing else. */
describe("verify finds nothing in the parsers as they are", () => {
  const images = Object.keys(IMAGES) as ImageName[];
  it.each(
    REVISIONS.flatMap((revision) => (["zboot", "uki"] as const).map((parser) => [revision, parser] as const)),
  )("%s %s", async (revision, parser) => {
    const source = sources.get(revision)?.of(parser) ?? "";
    for (const image of images) {
      const { status, verification } = await verify(parser, revision, source, image);
      expect(
        verification.verdicts.flatMap((verdict) => verdict.findings.map(outline)),
        image,
      ).toEqual([]);
      expect(status, image).toBe(0);
    }
  });
});
