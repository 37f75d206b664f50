import type { Verification } from "#core/verification.ts";
import { failureText } from "#report/failure-text.ts";
import { findingLines } from "#report/finding-text.ts";
import type { ResultTable } from "./page-data.ts";

/** What `verify` found, for the page: a row for each image and parser. */
export function verificationTable({ verdicts }: Verification): ResultTable {
  return {
    title: "Verification",
    columns: ["verdict", "image", "parser", "sent", "fault paths", "findings"],
    rows: verdicts.map(({ ok, image, parser, commands, refusal, faultPaths, findings }) => ({
      status: ok ? "good" : "bad",
      cells: [
        ok ? (refusal === null ? "right" : "refused, right") : "wrong",
        image,
        parser,
        commands.map(({ title }) => title).join(", ") || "nothing",
        `${faultPaths.passed} of ${faultPaths.run}`,
        findings.length,
      ],
      detail: [
        ...(refusal === null ? [] : [failureText(refusal)]),
        ...findings.flatMap((finding) => findingLines(finding)),
      ],
      run: { image, parser },
    })),
  };
}
