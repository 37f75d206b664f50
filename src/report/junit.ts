import type { FindingRecord, VerdictRecord, Verification } from "#core/verification.ts";
import { commandsText, FINDING_KINDS, findingLines, findingText } from "./finding-text.ts";

/** A verification as JUnit has it: a suite for each parser, a test case for each image. */
export function junitReport({ parsers, verdicts }: Verification): string {
  const suites = parsers.map(({ name }) => ({
    name,
    cases: verdicts.filter((verdict) => verdict.parser === name),
  }));
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: "kexec-bpf verify", ...counts(verdicts) })}>`,
    ...suites.flatMap(({ name, cases }) => [
      `  <testsuite${attributes({ name, ...counts(cases) })}>`,
      ...cases.flatMap(testCase),
      "  </testsuite>",
    ]),
    "</testsuites>",
    "",
  ].join("\n");
}

function testCase(verdict: VerdictRecord): string[] {
  const head = `    <testcase${attributes({ name: verdict.image, classname: verdict.parser })}>`;
  return [
    head,
    ...verdict.findings.map(failure),
    `      <system-out>${escaped(commandsText(verdict))}</system-out>`,
    "    </testcase>",
  ];
}

function failure(finding: FindingRecord): string {
  const { title } = FINDING_KINDS[finding.kind];
  const attribute = attributes({ type: title, message: findingText(finding) });
  return `      <failure${attribute}>${escaped(findingLines(finding).join("\n"))}</failure>`;
}

function counts(verdicts: readonly VerdictRecord[]) {
  const failures = verdicts.filter(({ ok }) => !ok).length;
  return { tests: verdicts.length, failures, errors: 0, skipped: 0 };
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** XML 1.0 has no way to write most control characters, nor halves of surrogate pairs. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replace(/[&<>"]/g, (character) => ENTITIES[character] ?? "");
}
