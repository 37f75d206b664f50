import type { ErrorRecord, FindingRecord, VerdictRecord, Verification } from "#core/verification.ts";
import { failureText } from "./failure-text.ts";
import { FINDING_KINDS, PROBLEM_KINDS } from "./finding-kinds.ts";
import { commandsText, findingLines, findingText, shortfallText } from "./finding-text.ts";

import { type JunitCase, type JunitSuite, junitAttributes, junitText, xmlText } from "./junit-text.ts";

/** When a verification began, and how long each of its verdicts took. */
export type Times = { readonly started: Date; readonly seconds: readonly number[] };

/**
 * A verification as JUnit has it: a suite for each parser, a test case for each image; what could not be judged is an
 * error, and what the whole fails to show a failure in a suite of its own.
 */
export function junitReport(verification: Verification, { started, seconds }: Times): string {
  const { parsers, verdicts, errors, shortfalls } = verification;
  const timed = verdicts.map((verdict, i) => ({ verdict, seconds: seconds[i] ?? 0 }));
  const suites: readonly JunitSuite[] = [
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
        const attribute = junitAttributes({
          type: PROBLEM_KINDS[shortfall.kind].title,
          message: shortfallText(shortfall),
        });
        const name = "image" in shortfall ? shortfall.image : shortfall.kind;
        return { name, seconds: 0, failures: 1, errors: 0, content: [`<failure${attribute}/>`] };
      }),
    },
  ].filter(({ name, cases }) => cases.length > 0 || parsers.some((parser) => parser.name === name));
  return junitText("kexec-bpf verify", suites, started);
}

function verdictCase({
  verdict,
  seconds,
}: {
  readonly verdict: VerdictRecord;
  readonly seconds: number;
}): JunitCase {
  return {
    name: verdict.image,
    seconds,
    failures: verdict.ok ? 0 : 1,
    errors: 0,
    content: [...verdict.findings.map(failure), `<system-out>${xmlText(commandsText(verdict))}</system-out>`],
  };
}

function errorCase({ what, name, failure }: ErrorRecord): JunitCase {
  const words = failureText(failure);
  const attribute = junitAttributes({ type: failure.reason, message: words.split("\n")[0] ?? "" });
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
  const attribute = junitAttributes({ type: title, message: findingText(finding) });
  return `<failure${attribute}>${xmlText(findingLines(finding).join("\n"))}</failure>`;
}
