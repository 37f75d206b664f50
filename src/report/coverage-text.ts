import type { BranchPlace, Count, CoverageReport, SourcePlace } from "#core/coverage.ts";
import { table } from "./table.ts";

/**
 * A coverage report for people: the percentages, then what is missing, what is declared and why, and
 * declarations that are wrong. Each paragraph only where it has something to say.
 */
export function coverageText(report: CoverageReport): string {
  const { program, instructions, branches, lines, unreached, declared, contradicted } = report;
  const paragraphs = [
    table([
      ["program", program],
      ["instructions", countText(instructions)],
      ["branches", countText(branches)],
      ["lines", countText(lines)],
    ]),
    paragraph("not reached:", unreached.map(branchText)),
    paragraph(
      "declared unreachable:",
      declared.flatMap(({ declaration, branches }) => [
        declaration.reason,
        ...branches.map((branch) => `  ${branchText(branch)}`),
      ]),
    ),
    paragraph(
      "declared unreachable, but reached:",
      contradicted.flatMap(({ declaration, branches }) => [
        declaration.reason,
        ...branches.map((branch) => `  ${branchText(branch)}`),
      ]),
    ),
  ];
  return `${paragraphs.filter((text) => text !== "").join("\n\n")}\n`;
}

/** `98.1 %  (52 of 53, 3 more declared unreachable)`. Never rounded up to 100. */
function countText({ reached, expected, total }: Count): string {
  const percent = expected === 0 ? 100 : Math.floor((1000 * reached) / expected) / 10;
  const excused = total === expected ? "" : `, ${total - expected} more declared unreachable`;
  return `${percent.toFixed(1)} %  (${reached} of ${expected}${excused})`;
}

function branchText({ slot, jump, direction, source }: BranchPlace): string {
  const at = source === undefined ? "" : `  ; ${source.text} @ ${placeText(source)}`;
  return `${slot}: ${jump}, ${direction}${at}`;
}

function placeText({ file, line }: SourcePlace): string {
  return `${file.slice(file.lastIndexOf("/") + 1)}:${line}`;
}

function paragraph(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : [title, ...lines.map((line) => `  ${line}`)].join("\n");
}
