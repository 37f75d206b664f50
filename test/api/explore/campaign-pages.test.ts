import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { kernelTestContent } from "#api/explore/kernel-test-page.ts";
import { loadParser } from "#bpf-vm/load-parser.ts";
import { profileBtf } from "#bpf-vm/target/profile-btf.ts";
import { planCases } from "#crosscheck/plan.ts";
import { programsUnderTest } from "#crosscheck/subject.ts";
import { compareWithPlan } from "#crosscheck/verdict.ts";
import type { GuestReport } from "#guest/guest.ts";
import { ownReferenceOf } from "#own-formats/own-reference.ts";
import type { PageData } from "#page/data.ts";
import { openSubjects } from "#page/model/subjects.ts";
import { pathsOf, walk } from "#page/model/walk.ts";
import { judge } from "#verify/judge.ts";
import { goodFiles } from "#verify/mutations/good-files.ts";
import type { OwnReference } from "#verify/references.ts";
import { parserInterface } from "#verify/subject.ts";
import { type BuiltParsers, buildParsers } from "../../bpf-vm/support/parsers.ts";
import { cliOk, runProgram } from "../../support/cli.ts";
import { expectValue } from "../../support/expect-value.ts";
import { newFolder, write } from "../../support/kernel-tree.ts";
import { arm64Image } from "../../support/real-inputs.ts";

describe("fuzz --html", () => {
  it("has a row for each finding, which opens a run that shows it, with what is denied in it", async () => {
    const cwd = newFolder();
    const sizes = ["--max-kernel", "100000", "--max-initrd", "4096", "--max-cmdline", "2048"];
    const from = ["--image", arm64Image(), "--abi", "v7"];
    await cliOk(["build", "zboot", ...from, ...sizes, "--seed-payload-size", "-o", "."], { cwd });
    const how = ["--runs", "40", "--workers", "1", "--html", "page.html", "--json"];
    const { status, stdout } = await runProgram(["fuzz", "zboot.bpf", ...how], { cwd });
    const findings = (JSON.parse(stdout) as { findings: readonly { why: string }[] }).findings;
    expect(status).toBe(1);
    const page = readFileSync(join(cwd, "page.html"), "utf8");
    const data = JSON.parse(/id="data">(.*)<\/script>/.exec(page)?.[1] ?? "") as PageData;
    const blobs = [...page.matchAll(/data-blob="\d+">([^<]*)</g)].map(([, text = ""]) =>
      Buffer.from(text, "base64"),
    );
    expect(data.tables[0]?.rows.map(({ cells }) => cells[1])).toEqual(findings.map(({ why }) => why));
    const subjects = data.parsers.flatMap(({ blob, ...parser }) =>
      expectValue(openSubjects(parser, blobs[blob] ?? Buffer.of())),
    );
    for (const { run } of data.tables[0]?.rows ?? []) {
      const subject = subjects.find(({ name }) => name === run?.parser);
      const image = blobs[data.images.find(({ name }) => name === run?.image)?.blob ?? -1] ?? Buffer.of();
      if (subject === undefined) throw new Error(`no ${run?.parser}`);
      const path = pathsOf(walk(subject, image), run?.path ?? undefined).find(
        ({ title }) => title === (run?.path ?? "undisturbed"),
      );
      expect(judge(subject, image, { injection: path?.injection }).findings).not.toEqual([]);
    }
  });
});

describe("what a page's address says is denied", () => {
  it("may be data, and is nothing else", async () => {
    const built = await buildParsers("v7");
    const [subject] = expectValue(
      openSubjects(
        { name: "zboot.bpf", limits: null, revision: "v7", reference: null, arch: null },
        built.file("zboot.bpf"),
      ),
    );
    const paths = (asked: string) =>
      pathsOf(walk(subject as NonNullable<typeof subject>, Buffer.of(1)), asked).at(-1);
    expect(paths('{"failReserve":2,"failProbeCall":3}')).toEqual({
      title: '{"failReserve":2,"failProbeCall":3}',
      label: "2nd reserve fails, 3rd probe_read fails",
      injection: { failReserve: 2, failProbeCall: 3 },
    });
    for (const odd of ["", "{", "{}", '{"failReserve":"<b>"}', '{"failReserve":2,}', '{"a":1}'])
      expect(paths(odd)?.title).not.toBe(odd);
  });
});

describe("kernel-test --html", () => {
  let built: BuiltParsers;
  beforeAll(async () => {
    built = await buildParsers("v7");
  });

  /** All cases of the uki container, of which the kernel answers none but one, and that one wrongly. */
  async function tested(reference?: OwnReference) {
    const parser = expectValue(loadParser(built.file("uki.bpf"), { target: profileBtf("v7") }));
    const known = expectValue(parserInterface("v7"));
    const limits = { kernel: 1 << 20, initrd: 1 << 20, cmdline: 4096 };
    const named = { name: "uki.bpf", container: 0, sha256: "" };
    const subjects = programsUnderTest(parser, { ...named, known, limits, reference });
    const image = goodFiles("v7", "arm64").find(({ format }) => format === "uki")?.image ?? Buffer.of();
    const plan = await planCases("v7", subjects, [{ name: "uki.img", bytes: image }]);
    if (plan === undefined) throw new Error("no plan");
    const denied = plan.cases.findIndex((one) => one.denied?.failReserve === 1);
    const wrong = { error: 0, buffers: [], trace: [], references: 1, records: 0, calls: 1, faults: 0 };
    const loaded = { error: 0, problem: "", translated: 8, jited: 8, log: "processed 9 insns\n" };
    const report: GuestReport = {
      ...{ release: "6.12", boots: 1, crashes: [], trouble: [], console: "" },
      loads: new Map([[0, loaded]]),
      outcomes: new Map([[denied, wrong]]),
    };
    return { source: "sid", plan, report, verdict: compareWithPlan(plan, report), milliseconds: 1 };
  }

  it("has the matrix and the findings, whose rows name parsers and runs as the page does", async () => {
    const cwd = newFolder();
    write(join(cwd, "uki.bpf"), built.file("uki.bpf"));
    const request = { containers: ["uki.bpf"], reference: undefined };
    const content = expectValue(await kernelTestContent(request, [await tested()], cwd));
    const [parsers, findings] = content.tables;
    expect(parsers?.rows[0]?.cells.slice(0, 5)).toEqual(["6.12", "v7", "uki.bpf .bpf.1", false, "yes"]);
    expect(parsers?.rows.slice(1).every(({ cells }) => cells[4] === "crash")).toBe(true);
    expect(findings?.rows.find(({ cells }) => String(cells[2]).includes("1st reserve fails"))?.run).toEqual({
      image: "uki.img",
      parser: "uki.bpf",
      path: '{"failReserve":1}',
    });
    expect(content.images.map(({ name }) => name)).toEqual(["uki.img"]);
    const names = content.parsers.flatMap(({ bytes, ...parser }) =>
      expectValue(openSubjects(parser, bytes)).map(({ name }) => name),
    );
    expect(names.length).toBeGreaterThan(1);
    for (const { run } of parsers?.rows ?? []) expect(names).toContain(run?.parser);
  });

  it("has the format of the user's own that parsers were judged by", async () => {
    const cwd = newFolder();
    write(join(cwd, "uki.bpf"), built.file("uki.bpf"));
    const origin = { file: "/own/mine.mjs", digest: "" };
    const refused = { section: "header", offset: 0, detail: "not mine" };
    const mine = expectValue(ownReferenceOf({ name: "mine", parse: () => ({ refused }) }, origin));
    const request = { containers: ["uki.bpf"], reference: "./mine.mjs" };
    const { own, parsers } = expectValue(await kernelTestContent(request, [await tested(mine)], cwd));
    expect([own, parsers.map(({ reference }) => reference)]).toEqual([mine, ["own"]]);
  });
});
