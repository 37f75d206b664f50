import type { ErrorRecord, FindingRecord, VerdictRecord, Verification } from "#core/verification.ts";
import { failureText } from "./failure-text.ts";
import { FINDING_KINDS, PROBLEM_KINDS } from "./finding-kinds.ts";
import { commandsText, findingLines, findingText, shortfallText } from "./finding-text.ts";

/** When a verification began, and how long each of its verdicts took. */
export type Times = { readonly started: Date; readonly seconds: readonly number[] };

type Case = {
  readonly name: string;
  readonly seconds: number;
  readonly failures: number;
  readonly errors: number;
  /** The elements inside. */
  readonly content: readonly string[];
};

type Suite = { readonly name: string; readonly cases: readonly Case[] };

/**
 * A verification as JUnit has it: a suite for each parser, a test case for each image; what could not be judged is an
 * error, and what the whole fails to show a failure in a suite of its own.
 */
export function junitReport(verification: Verification, { started, seconds }: Times): string {
  const { parsers, verdicts, errors, shortfalls } = verification;
  const timed = verdicts.map((verdict, i) => ({ verdict, seconds: seconds[i] ?? 0 }));
  const suites: readonly Suite[] = [
    ...parsers.map(({ name }) => ({
      name,
      cases: timed.filter(({ verdict }) => verdict.parser === name).map(verdictCase),
    })),
    ...(["parser", "image", "verification"] as const).map((what) => ({
      name: `${what === "verification" ? what : `${what}s`} not judged`,
      cases: errors.filter((error) => error.what === what).map(errorCase),
    })),
    {
      name: "what the images prove",
      cases: shortfalls.map((shortfall) => {
        const attribute = attributes({
          type: PROBLEM_KINDS[shortfall.kind].title,
          message: shortfallText(shortfall),
        });
        const name = "image" in shortfall ? shortfall.image : shortfall.kind;
        return { name, seconds: 0, failures: 1, errors: 0, content: [`<failure${attribute}/>`] };
      }),
    },
  ].filter(({ name, cases }) => cases.length > 0 || parsers.some((parser) => parser.name === name));
  const timestamp = started.toISOString();
  const all = counts(suites.flatMap(({ cases }) => cases));
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: "kexec-bpf verify", ...all })}>`,
    ...suites.flatMap(({ name, cases }) => [
      `  <testsuite${attributes({ name, ...counts(cases), timestamp })}>`,
      ...cases.flatMap((one) => testCase(one, name)),
      "  </testsuite>",
    ]),
    "</testsuites>",
    "",
  ].join("\n");
}

function testCase({ name, seconds, content }: Case, classname: string): string[] {
  return [
    `    <testcase${attributes({ name, classname, time: time(seconds) })}>`,
    ...content.map((element) => `      ${element}`),
    "    </testcase>",
  ];
}

function verdictCase({
  verdict,
  seconds,
}: {
  readonly verdict: VerdictRecord;
  readonly seconds: number;
}): Case {
  return {
    name: verdict.image,
    seconds,
    failures: verdict.ok ? 0 : 1,
    errors: 0,
    content: [...verdict.findings.map(failure), `<system-out>${xmlText(commandsText(verdict))}</system-out>`],
  };
}

function errorCase({ what, name, failure }: ErrorRecord): Case {
  const words = failureText(failure);
  const attribute = attributes({ type: failure.reason, message: words.split("\n")[0] ?? "" });
  return {
    name: name === "" ? what : name,
    seconds: 0,
    failures: 0,
    errors: 1,
    content: [`<error${attribute}>${xmlText(words)}</error>`],
  };
}

function failure(finding: FindingRecord): string {
  const { title } = FINDING_KINDS[finding.kind];
  const attribute = attributes({ type: title, message: findingText(finding) });
  return `<failure${attribute}>${xmlText(findingLines(finding).join("\n"))}</failure>`;
}

function counts(cases: readonly Case[]) {
  const sum = (of: (one: Case) => number) => cases.reduce((total, one) => total + of(one), 0);
  return {
    tests: cases.length,
    failures: sum(({ failures }) => failures),
    errors: sum(({ errors }) => errors),
    skipped: 0,
    time: time(sum(({ seconds }) => seconds)),
  };
}

function time(seconds: number): string {
  return seconds.toFixed(3);
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${xmlText(String(value))}"`)
    .join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** Text in XML 1.0, which has no way to write most control characters, nor halves of surrogate pairs. */
export function xmlText(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replace(/[&<>"]/g, (character) => ENTITIES[character] ?? "");
}
