import type { VerifyReport } from "#api/verify/request.ts";
import type { Result } from "#core/result.ts";
import type { Verification } from "#core/verification.ts";
import type { PageRow, PageTable } from "#page/data.ts";
import { failureText } from "#report/failure-text.ts";
import { FINDING_KINDS, PROBLEM_KINDS } from "#report/finding-kinds.ts";
import { commandsText, findingText, shortfallText, verdictTitle } from "#report/finding-text.ts";
import { countsText } from "#report/verification-text.ts";
import { resultPage } from "./result-page.ts";

/** The page that `verify --html` writes; a row opens the run that it tells of. Errors: those of `resultPage`. */
export function verificationPage({ verification, times, kept }: VerifyReport): Promise<Result<Buffer>> {
  return resultPage({
    title: "kexec-bpf verify",
    tables: verificationTables(verification, times.seconds),
    parsers: kept?.parsers ?? [],
    images: kept?.images ?? [],
    own: kept?.own,
  });
}

/** Exported for what compares the page with the JSON. */
export function verificationTables(
  verification: Verification,
  seconds: readonly number[],
): readonly PageTable[] {
  return [
    verdictTable(verification, seconds),
    findingTable(verification),
    loadTable(verification),
    problemTable(verification),
  ].filter(({ rows }, i) => i === 0 || rows.length > 0);
}

function verdictTable(verification: Verification, seconds: readonly number[]): PageTable {
  return {
    title: "Verdicts",
    note: countsText(verification),
    columns: [
      { label: "parser", kind: "text" },
      { label: "image", kind: "text" },
      { label: "ok", kind: "verdict" },
      { label: "verdict", kind: "text" },
      { label: "fault paths", kind: "text" },
      { label: "commands", kind: "code" },
      { label: "seconds", kind: "number" },
    ],
    rows: verification.verdicts.map((verdict, i) => {
      const { parser, image, ok, faultPaths } = verdict;
      const paths = `${faultPaths.passed}/${faultPaths.run}`;
      const took = Math.round(1000 * (seconds[i] ?? 0)) / 1000;
      return {
        cells: [parser, image, ok, verdictTitle(verdict), paths, commandsText(verdict), took],
        run: { image, parser, path: null },
      };
    }),
  };
}

function findingTable({ verdicts }: Verification): PageTable {
  return {
    title: "Findings",
    note: "Each opens the first run that shows it.",
    columns: [
      { label: "parser", kind: "text" },
      { label: "image", kind: "text" },
      { label: "finding", kind: "text" },
      { label: "what", kind: "code" },
      { label: "source", kind: "code" },
      { label: "run", kind: "text" },
      { label: "runs", kind: "number" },
    ],
    rows: verdicts.flatMap(({ parser, image, findings }) =>
      findings.map((finding): PageRow => {
        const { kind, source, runs } = finding;
        const [path = null] = runs;
        const line = source && `${source.file}:${source.line}  ${source.text}`;
        const cells = [
          parser,
          image,
          FINDING_KINDS[kind].title,
          findingText(finding),
          line,
          path,
          runs.length,
        ];
        return { cells, run: { image, parser, path } };
      }),
    ),
  };
}

function loadTable({ loads }: Verification): PageTable {
  return {
    title: "Loads",
    note: "What the kernel's loader makes of container and image, layer after layer.",
    columns: [
      { label: "container", kind: "text" },
      { label: "image", kind: "text" },
      { label: "ok", kind: "verdict" },
      { label: "load", kind: "text" },
      { label: "why", kind: "code" },
    ],
    rows: loads.map(({ container, image, outcome, failure }) => ({
      cells: [container, image, outcome !== "fails", outcome, failure && failureText(failure)],
      run: { image, parser: container, path: null },
    })),
  };
}

function problemTable({ errors, shortfalls }: Verification): PageTable {
  return {
    title: "Not shown",
    note: "What could not be judged, and what the whole fails to show.",
    columns: [
      { label: "of", kind: "text" },
      { label: "problem", kind: "text" },
      { label: "what", kind: "code" },
    ],
    rows: [
      ...errors.map(({ what, name, failure }) => ({
        cells: [name === "" ? what : name, PROBLEM_KINDS["not-judged"].title, failureText(failure)],
        run: null,
      })),
      ...shortfalls.map((shortfall) => ({
        cells: [
          "image" in shortfall ? shortfall.image : null,
          PROBLEM_KINDS[shortfall.kind].title,
          shortfallText(shortfall),
        ],
        run: null,
      })),
    ],
  };
}
