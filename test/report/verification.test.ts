import { describe, expect, it } from "vitest";
import type { FindingRecord } from "#core/verification.ts";
import { FINDING_KINDS, PROBLEM_KINDS } from "#report/finding-kinds.ts";
import { junitReport } from "#report/junit.ts";
import { sarifReport } from "#report/sarif.ts";
import { verificationText } from "#report/verification-text.ts";
import { sarifComplaints } from "../support/sarif.ts";
import { output } from "../support/tools.ts";
import {
  BAD,
  DIFFERENCE,
  ERRORS,
  FINDINGS,
  GOOD,
  LINE,
  REFUSED,
  SHORTFALLS,
  verification,
} from "./support/verifications.ts";

const PLAIN = { good: String, bad: String, dim: String };
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
        "1 parser, 20 runs, 2 images judged (1 accepted, 1 refused): nothing wrong was found",
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
        "1 parser, 10 runs, 1 image judged (1 accepted, 0 refused): 1 of 1 verdict not ok",
      ].join("\n"),
    );
  });

  it("ends with what it does not show, and then never says that nothing wrong was found", () => {
    const told = verificationText(
      { ...verification(REFUSED), errors: ERRORS, shortfalls: SHORTFALLS },
      PLAIN,
    );
    expect(told.split("\n").slice(-6)).toEqual([
      "",
      "1 parser, 10 runs, 1 image judged (0 accepted, 1 refused), 2 errors",
      "refused.efi is refused, and was to be accepted",
      "no image was accepted: say --expect refused where that is as it should be",
      "nothing was judged, so nothing is proven: the cases (3) are for other parsers or revisions",
      "",
    ]);
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
  const times = { started: new Date("2026-01-02T03:04:05Z"), seconds: [0.25, 1, 2.0004] };
  const text = junitReport(verification(GOOD, REFUSED, BAD), times);
  const parsed = (xml: string): Element =>
    JSON.parse(output("python3", ["-c", TO_JSON], Buffer.from(xml)).toString()) as Element;
  const [tag, attributes, , suites] = parsed(text);

  it("is XML with a suite a parser and a case an image, counted", () => {
    expect([tag, attributes]).toEqual([
      "testsuites",
      { name: "kexec-bpf verify", tests: "3", failures: "1", errors: "0", skipped: "0", time: "3.250" },
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

  it("says when, and how long each case and each suite took", () => {
    expect(suites.map(([, { timestamp, time }]) => [timestamp, time])).toEqual([
      ["2026-01-02T03:04:05.000Z", "3.250"],
    ]);
    expect(suites[0]?.[3].map(([, { time }]) => time)).toEqual(["0.250", "1.000", "2.000"]);
  });

  it("has what could not be judged as errors, and what is not shown as failures", () => {
    const [, counted, , others] = parsed(
      junitReport({ ...verification(GOOD), errors: ERRORS, shortfalls: SHORTFALLS }, times),
    );
    expect(counted).toMatchObject({ tests: "6", failures: "3", errors: "2" });
    expect(
      others.map(([, { name }, , cases]) => [
        name,
        cases.map(([, { name: of }, , [inner]]) => [of, inner?.[0]]),
      ]),
    ).toEqual([
      ["p.bpf", [["good.efi", "system-out"]]],
      ["parsers not judged", [["out/none.bpf", "error"]]],
      ["verification not judged", [["verification", "error"]]],
      [
        "what the images prove",
        [
          ["refused.efi", "failure"],
          ["nothing-accepted", "failure"],
          ["nothing-judged", "failure"],
        ],
      ],
    ]);
    expect(others[1]?.[3][0]?.[3][0]?.slice(1, 3)).toEqual([
      { type: "file-failed", message: "/w/out/none.bpf: cannot read: no such file or folder (ENOENT)" },
      "/w/out/none.bpf: cannot read: no such file or folder (ENOENT)",
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
    expect(log.version).toBe("2.1.0");
    expect(log.runs).toHaveLength(1);
    expect(run.tool.driver).toMatchObject({ name: "kexec-bpf", version: "1.2.3" });
    const { rules } = run.tool.driver;
    expect(rules.map(({ id }: { id: string }) => id)).toEqual(Object.keys(PROBLEM_KINDS));
    for (const { shortDescription } of rules) expect(shortDescription.text).toMatch(/^[A-Z].*\.$/);
  });

  it("keeps to the schema and to what code scanning asks for", () => {
    const whole = {
      ...verification(GOOD, BAD, { ...BAD, image: "other.efi" }),
      errors: ERRORS,
      shortfalls: SHORTFALLS,
    };
    const full = JSON.parse(sarifReport(whole, "1.2.3"));
    expect(full.runs[0].results).toHaveLength(2 * BAD.findings.length + ERRORS.length + SHORTFALLS.length);
    expect(full.runs[0].invocations).toEqual([{ executionSuccessful: false }]);
    expect(sarifComplaints(full)).toEqual([]);
    expect(sarifComplaints(log)).toEqual([]);
    expect(sarifComplaints(JSON.parse(sarifReport(verification(), "1.2.3")))).toEqual([]);
  });

  it("has a fingerprint for a finding that its line number, sizes and offsets do not change", () => {
    const prints = (...findings: readonly FindingRecord[]) =>
      JSON.parse(sarifReport(verification({ ...BAD, findings }), "1.2.3")).runs[0].results.map(
        ({ partialFingerprints }: { partialFingerprints: object }) => partialFingerprints,
      );
    const moved = { ...DIFFERENCE, source: { ...LINE, line: 50 }, emitted: "2 bytes" };
    expect(prints(moved)).toEqual(prints(DIFFERENCE));
    expect(prints({ ...DIFFERENCE, source: { ...LINE, text: "else" } })).not.toEqual(prints(DIFFERENCE));
    const [first, second] = prints(DIFFERENCE, moved);
    expect(second).not.toEqual(first);
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
