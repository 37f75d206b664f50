import type { ParserRecord, VerdictRecord, Verification } from "#core/verification.ts";
import { commandsText, findingLines, verdictTitle } from "./finding-text.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";

/** A verification for people: what was judged by what, the verdicts, and each finding. */
export function verificationText(verification: Verification, { good, bad, dim }: Style): string {
  const { verdicts, parsers } = verification;
  const [heading = "", ...rows] = table([
    ["parser", "image", "verdict", "fault paths", "commands"],
    ...verdicts.map((verdict) => [
      verdict.parser,
      verdict.image,
      verdictTitle(verdict),
      faultPathsText(verdict),
      commandsText(verdict),
    ]),
  ]).split("\n");
  const coloured = rows.map((row, i) => (verdicts[i]?.ok ? good(row) : bad(row)));
  const findings = verdicts.flatMap((verdict) =>
    verdict.findings.flatMap((finding) => [
      "",
      bad(`${verdict.parser} on ${verdict.image}: ${verdictTitle({ ...verdict, findings: [finding] })}`),
      ...findingLines(finding).map((line) => `  ${line}`),
    ]),
  );
  return `${[
    ...parsers.map((parser) => dim(parserText(parser, verification))),
    "",
    dim(heading),
    ...coloured,
    ...findings,
    "",
    summary(verification),
  ].join("\n")}\n`;
}

function parserText(parser: ParserRecord, { comparison }: Verification): string {
  const { kernel, initrd, cmdline } = parser.limits;
  const how = comparison === "exact" ? "byte by byte" : "by effect";
  return [
    `${parser.name}: ${parser.form} for ${parser.revision}, against the ${parser.reference} reference ${how};`,
    `at most kernel ${kernel}, initrd ${initrd}, cmdline ${cmdline} bytes (${parser.limitsFrom})`,
  ].join(" ");
}

function faultPathsText({ faultPaths: { passed, run } }: VerdictRecord): string {
  return run === 0 ? "-" : `${passed}/${run}`;
}

function summary({ verdicts, images, parsers }: Verification): string {
  const failed = verdicts.filter(({ ok }) => !ok).length;
  const runs = verdicts.reduce((sum, { faultPaths }) => sum + 1 + faultPaths.run, 0);
  const what = `${count(parsers.length, "parser")}, ${count(images.length, "image")}, ${count(runs, "run")}`;
  return failed === 0
    ? `${what}: nothing wrong was found`
    : `${what}: ${failed} of ${count(verdicts.length, "verdict")} not ok`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
