import { isGood, type KernelRecord, type ParserOutcome } from "#fleet/record.ts";
import type { FleetReport } from "#fleet/report.ts";
import { type JunitCase, junitAttributes, junitText, xmlText } from "#report/junit-text.ts";
import { troubleLines } from "./text.ts";

/** A fleet's report as JUnit has it: a suite for each kernel, a test case for each parser, and one for the build itself. */
export function fleetJunit({ kernels, milliseconds }: FleetReport): string {
  const suites = kernels.map((kernel) => ({
    name: kernel.name,
    cases: [buildCase(kernel), ...kernel.parsers.map(parserCase)],
  }));
  return junitText("kexec-bpf fleet", suites, new Date(Date.now() - milliseconds));
}

function buildCase(kernel: KernelRecord): JunitCase {
  const { state, milliseconds } = kernel;
  const words = state === "left" ? ["it is left"] : isGood(kernel) ? [] : troubleLines(kernel);
  const message = words[0] ?? "";
  const failed = words.length > 0;
  return {
    name: "build",
    seconds: milliseconds / 1000,
    failures: failed ? 1 : 0,
    errors: 0,
    content: failed
      ? [`<failure${junitAttributes({ type: state, message })}>${xmlText(words.join("\n"))}</failure>`]
      : [],
  };
}

function parserCase({ target, loads, verdict }: ParserOutcome): JunitCase {
  const wrong = [
    ...(loads === false ? ["it does not load"] : []),
    ...(verdict === "failed" ? ["it is not as its reference parser says"] : []),
  ];
  return {
    name: target,
    seconds: 0,
    failures: wrong.length,
    errors: 0,
    content: wrong.map((message) => `<failure${junitAttributes({ type: "verdict", message })}/>`),
  };
}
