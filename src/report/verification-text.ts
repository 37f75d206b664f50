import type { ParserRecord, VerdictRecord, Verification } from "#core/verification.ts";
import { failureText } from "./failure-text.ts";
import { commandsText, findingLines, shortfallText, verdictTitle } from "./finding-text.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";

/** A verification for people: what was judged by what, the verdicts, and each finding. */
export function verificationText(verification: Verification, { good, bad, dim }: Style): string {
  const { verdicts, parsers, shortfalls } = verification;
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
    ...(verdicts.length === 0 ? [] : [dim(heading), ...coloured, ...findings, ""]),
    ...loadLines(verification, { good, bad, dim }),
    countsText(verification),
    ...shortfalls.map((shortfall) => bad(shortfallText(shortfall))),
  ].join("\n")}\n`;
}

function loadLines({ loads }: Verification, { good, bad, dim }: Style): readonly string[] {
  if (loads.length === 0) return [];
  const [heading = "", ...rows] = table([
    ["load", "image", "verdict"],
    ...loads.map(({ container, image, outcome, failure }) => [
      container,
      image,
      failure === null ? outcome : `${LOAD_TITLES[outcome]}: ${failureText(failure).split("\n")[0]}`,
    ]),
  ]).split("\n");
  return [dim(heading), ...rows.map((row, i) => (loads[i]?.outcome === "fails" ? bad(row) : good(row))), ""];
}

const LOAD_TITLES = { loads: "loads", refused: "refused, as it should be", fails: "FAILS" } as const;

function parserText(parser: ParserRecord, { comparison }: Verification): string {
  const { kernel, initrd, cmdline } = parser.limits;
  const how = comparison === "exact" ? "byte by byte" : "by effect";
  return [
    `${parser.name}: ${parser.form} for ${parser.revision}, ${against(parser.reference)} ${how};`,
    `at most kernel ${kernel}, initrd ${initrd}, cmdline ${cmdline} bytes (${parser.limitsFrom})`,
  ].join(" ");
}

export function faultPathsText({ faultPaths: { passed, run } }: VerdictRecord): string {
  return run === 0 ? "-" : `${passed}/${run}`;
}

/** What was judged, counted, and whether anything is wrong, in one line. */
export function countsText({ verdicts, parsers, counts, errors, shortfalls }: Verification): string {
  const failed = verdicts.filter(({ ok }) => !ok).length;
  const runs = verdicts.reduce((sum, { faultPaths }) => sum + 1 + faultPaths.run, 0);
  const { judged, accepted, refused } = counts;
  const what = [
    `${count(parsers.length, "parser")}, ${count(runs, "run")}`,
    `${count(judged, "image")} judged (${accepted} accepted, ${refused} refused)`,
    ...(errors.length === 0 ? [] : [`${count(errors.length, "error")}`]),
  ].join(", ");
  if (failed > 0) return `${what}: ${failed} of ${count(verdicts.length, "verdict")} not ok`;
  return errors.length + shortfalls.length > 0 ? what : `${what}: nothing wrong was found`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function against(reference: string): string {
  return reference === "none" ? "by itself, against no reference," : `against the ${reference} reference`;
}
