import { describe, expect, it } from "vitest";
import type { FindingKind, FindingRecord, VerdictRecord, Verification } from "#core/verification.ts";
import { FINDING_KINDS } from "#report/finding-text.ts";
import { junitReport } from "#report/junit.ts";
import { sarifReport } from "#report/sarif.ts";
import { verificationText } from "#report/verification-text.ts";
import { output } from "../support/tools.ts";

const PLAIN = { good: String, bad: String, dim: String };
const LINE = { file: "my parser_bpf.c", line: 42, text: 'if (a < b && c > "d")' };
const COMMON = { runs: ["undisturbed"], source: LINE, trace: [] };
const DIFFERENCE: FindingRecord = {
  ...COMMON,
  kind: "difference",
  index: 0,
  field: "payload",
  expected: "4 bytes",
  emitted: "3 bytes",
  bytes: { offset: 3, expected: ["00000000  01 02 03 04"], emitted: ["00000000  01 02 03"] },
  sourceIs: "writer",
};

/** One of each kind. */
const FINDINGS: Readonly<Record<FindingKind, FindingRecord>> = {
  fault: {
    ...COMMON,
    kind: "fault",
    reason: "null",
    detail: "null: read of 8 bytes",
    instruction: 7,
    callee: null,
  },
  leak: { ...COMMON, kind: "leak", what: "record", name: "record 1 of ringbuf_1", runs: ["reserve 2 fails"] },
  "stray-read": { ...COMMON, kind: "stray-read", offset: 60, size: 4, imageSize: 50 },
  malformed: {
    ...COMMON,
    kind: "malformed",
    index: 1,
    failure: {
      reason: "malformed",
      format: "command stream",
      section: "command 1",
      offset: 4,
      detail: "payload_len is 9",
    },
    emitted: ["00000000  ff"],
  },
  "went-on": { ...COMMON, kind: "went-on", index: 2, source: null },
  difference: { ...DIFFERENCE, runs: ["undisturbed", "a", "b", "c"], trace: ["kexec: \u0007 <odd>"] },
};

const GOOD: VerdictRecord = {
  parser: "p.bpf",
  image: "good.efi",
  ok: true,
  commands: [
    { title: "COPY/KERNEL", size: 5 },
    { title: "DONE", size: 0 },
  ],
  refusal: null,
  faultPaths: { passed: 9, run: 9 },
  findings: [],
};
const REFUSED: VerdictRecord = {
  ...GOOD,
  image: "refused.efi",
  commands: [],
  refusal: {
    reason: "malformed",
    format: "UKI",
    section: "DOS header",
    offset: 0x3c,
    detail: "no PE header",
  },
};

function verification(...verdicts: readonly VerdictRecord[]): Verification {
  return {
    schema: 1,
    comparison: "exact",
    faultPaths: true,
    parsers: [
      {
        name: "p.bpf",
        file: "out/p.bpf",
        sha256: "00",
        form: "container",
        revision: "v7",
        reference: "uki",
        limits: { kernel: 3, initrd: 2, cmdline: 1 },
        limitsFrom: "image_size.h",
      },
    ],
    images: verdicts.map(({ image }) => ({ file: image, size: 1, sha256: "00", why: null })),
    verdicts,
  };
}

const BAD: VerdictRecord = {
  ...GOOD,
  image: "bad image.efi",
  ok: false,
  faultPaths: { passed: 2, run: 9 },
  findings: Object.values(FINDINGS),
};

describe("a verification in words", () => {
  it("has a row for each verdict, with the reason why nothing is expected", () => {
    expect(verificationText(verification(GOOD, REFUSED), PLAIN)).toBe(
      [
        "p.bpf: container for v7, against the uki reference byte by byte; at most kernel 3, initrd 2, cmdline 1 bytes (image_size.h)",
        "",
        "parser  image        verdict  fault paths  commands",
        "p.bpf   good.efi     ok       9/9          COPY/KERNEL (5), DONE",
        "p.bpf   refused.efi  ok       9/9          nothing, as expected: UKI DOS header, offset 0x3c: no PE header",
        "",
        "1 parser, 2 images, 20 runs: nothing wrong was found",
        "",
      ].join("\n"),
    );
  });

  it("shows a difference with its line, its runs, both hexdumps and the trace log", () => {
    const told = verificationText(verification({ ...BAD, findings: [FINDINGS.difference] }), PLAIN);
    expect(told).toContain(
      [
        "p.bpf on bad image.efi: DIFFERS",
        "  command 0, payload: 4 bytes expected, 3 bytes emitted",
        '  written by my parser_bpf.c:42  if (a < b && c > "d")',
        "  in: undisturbed, and 3 more runs",
        "  first difference at byte 3",
        "  expected:",
        "    00000000  01 02 03 04",
        "  emitted:",
        "    00000000  01 02 03",
        "  trace log:",
        "    kexec: \u0007 <odd>",
        "",
        "1 parser, 1 image, 10 runs: 1 of 1 verdict not ok",
      ].join("\n"),
    );
  });

  it("has a name and a sentence for every kind of finding", () => {
    const told = verificationText(verification(BAD), PLAIN);
    for (const { title } of Object.values(FINDING_KINDS)) expect(told).toContain(`: ${title}\n`);
    expect(told).toContain("reads 4 bytes at 60 of an image of 50 bytes\n");
    expect(told).toContain("record 1 of ringbuf_1 is neither submitted nor discarded\n");
    expect(told).toContain("null: read of 8 bytes (instruction 7)\n");
    expect(told).toContain("command 1, offset 0x4: payload_len is 9\n");
    expect(told).toContain("command 2 is sent after one that the kernel refused\n");
  });
});

/** The tree as Python's XML parser sees it: `[tag, attributes, text, children]`. */
type Element = readonly [string, Readonly<Record<string, string>>, string | null, readonly Element[]];
const TO_JSON =
  "import json, sys, xml.etree.ElementTree as t\n" +
  "def plain(e): return [e.tag, e.attrib, e.text, [plain(c) for c in e]]\n" +
  "print(json.dumps(plain(t.fromstring(sys.stdin.buffer.read()))))";

describe("the JUnit report", () => {
  const text = junitReport(verification(GOOD, REFUSED, BAD));
  const [tag, attributes, , suites] = JSON.parse(
    output("python3", ["-c", TO_JSON], Buffer.from(text)).toString(),
  ) as Element;

  it("is XML with a suite a parser and a case an image, counted", () => {
    expect([tag, attributes]).toEqual([
      "testsuites",
      { name: "kexec-bpf verify", tests: "3", failures: "1", errors: "0", skipped: "0" },
    ]);
    expect(suites.map(([name, { name: title, tests, failures }]) => [name, title, tests, failures])).toEqual([
      ["testsuite", "p.bpf", "3", "1"],
    ]);
    expect(suites[0]?.[3].map(([name, { name: title, classname }]) => [name, title, classname])).toEqual([
      ["testcase", "good.efi", "p.bpf"],
      ["testcase", "refused.efi", "p.bpf"],
      ["testcase", "bad image.efi", "p.bpf"],
    ]);
  });

  it("has the elements of a case in the schema's order, failures with their text", () => {
    const children = suites[0]?.[3].map(([, , , inner]) => inner.map(([name]) => name));
    const failures = Object.keys(FINDINGS).map(() => "failure");
    expect(children).toEqual([["system-out"], ["system-out"], [...failures, "system-out"]]);
    const difference = suites[0]?.[3][2]?.[3].at(-2);
    expect(difference?.[1]).toEqual({
      type: "DIFFERS",
      message: "command 0, payload: 4 bytes expected, 3 bytes emitted",
    });
    expect(difference?.[2]).toContain('written by my parser_bpf.c:42  if (a < b && c > "d")');
    // XML 1.0 has no bell.
    expect(difference?.[2]).toContain("kexec: \ufffd <odd>");
  });
});

describe("the SARIF report", () => {
  const log = JSON.parse(sarifReport(verification(GOOD, BAD), "1.2.3"));
  const [run] = log.runs;

  it("is a log of version 2.1.0 with one run and a rule for each kind", () => {
    expect(Object.keys(log).sort()).toEqual(["$schema", "runs", "version"]);
    expect(log.version).toBe("2.1.0");
    expect(log.runs).toHaveLength(1);
    expect(run.tool.driver).toMatchObject({ name: "kexec-bpf", version: "1.2.3" });
    const { rules } = run.tool.driver;
    expect(rules.map(({ id }: { id: string }) => id)).toEqual(Object.keys(FINDING_KINDS));
    for (const { shortDescription } of rules) expect(shortDescription.text).toMatch(/^[A-Z].*\.$/);
  });

  it("has a result for each finding, whose rule it names by id and index", () => {
    expect(run.results).toHaveLength(Object.keys(FINDINGS).length);
    for (const { ruleId, ruleIndex, level, message, locations } of run.results) {
      expect(run.tool.driver.rules[ruleIndex].id).toBe(ruleId);
      expect(level).toBe("error");
      expect(message.text).toMatch(/^p\.bpf on bad image\.efi: /);
      expect(locations).toHaveLength(1);
    }
  });

  it("places a finding at the parser's line, and one without a line at the image", () => {
    const place = (kind: string) =>
      run.results.find(({ ruleId }: { ruleId: string }) => ruleId === kind).locations[0].physicalLocation;
    expect(place("difference")).toEqual({
      artifactLocation: { uri: "out/my%20parser_bpf.c" },
      region: { startLine: 42, snippet: { text: LINE.text } },
    });
    expect(place("went-on")).toEqual({ artifactLocation: { uri: "bad%20image.efi" } });
  });
});
