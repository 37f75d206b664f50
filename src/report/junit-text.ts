/** A test case as JUnit has it. */
export type JunitCase = {
  readonly name: string;
  readonly seconds: number;
  readonly failures: number;
  readonly errors: number;
  /** The elements inside. */
  readonly content: readonly string[];
};

export type JunitSuite = { readonly name: string; readonly cases: readonly JunitCase[] };

/** The XML text of suites. */
export function junitText(name: string, suites: readonly JunitSuite[], started: Date): string {
  const timestamp = started.toISOString();
  const all = counts(suites.flatMap(({ cases }) => cases));
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${junitAttributes({ name, ...all })}>`,
    ...suites.flatMap((suite) => [
      `  <testsuite${junitAttributes({ name: suite.name, ...counts(suite.cases), timestamp })}>`,
      ...suite.cases.flatMap((one) => testCase(one, suite.name)),
      "  </testsuite>",
    ]),
    "</testsuites>",
    "",
  ].join("\n");
}

function testCase({ name, seconds, content }: JunitCase, classname: string): string[] {
  return [
    `    <testcase${junitAttributes({ name, classname, time: time(seconds) })}>`,
    ...content.map((element) => `      ${element}`),
    "    </testcase>",
  ];
}

function counts(cases: readonly JunitCase[]) {
  const sum = (of: (one: JunitCase) => number) => cases.reduce((total, one) => total + of(one), 0);
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

/** Attributes of an element, each with a blank before it. */
export function junitAttributes(values: Readonly<Record<string, string | number>>): string {
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
