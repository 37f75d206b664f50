import type { ParserRecord, VerdictRecord, Verification } from "#core/verification.ts";
import { failureText } from "#report/failure-text.ts";
import { commandsText, findingLines, shortfallText, verdictTitle } from "#report/finding-text.ts";
import { countsText, faultPathsText } from "#report/verification-text.ts";
import { oneLine, visible } from "#report/visible.ts";

/** Bytes: GitHub takes 1 MiB of a step's summaries, or nothing of them. */
const ROOM = 1_000_000;
const ROWS = 500;
const FINDINGS = 25;
const LONGEST_CELL = 300;
const LONGEST_BLOCK = 4000;

/** A verification as Markdown, as forges show it: what was judged by what, what is wrong, and a table of the verdicts. */
export function markdownSummary(verification: Verification): string {
  const { verdicts, parsers, errors, shortfalls } = verification;
  const wrong = verdicts.filter(({ ok }) => !ok);
  const complaints = [
    ...errors.map(({ failure }) => failureText(failure)),
    ...shortfalls.map((shortfall) => shortfallText(shortfall)),
  ];
  const good = verdicts.length > 0 && wrong.length + complaints.length === 0;
  const blocks = [
    `## kexec-bpf verify: ${good ? "nothing wrong was found" : "not passed"}`,
    escaped(countsText(verification)),
    parserTable(parsers, verdicts),
    list(complaints),
    verdictTable(wrong),
    ...findings(wrong),
    folded(`All verdicts (${verdicts.length})`, verdictTable(verdicts)),
  ].filter((block) => block !== "");
  const fitting = whatFits(blocks);
  return `${[...fitting, ...more(blocks.length - fitting.length, "blocks")].join("\n\n")}\n\n`;
}

/** What is too long is left out as a whole. */
function whatFits(blocks: readonly string[]): readonly string[] {
  let room = ROOM;
  return blocks.filter((block) => {
    const size = Buffer.byteLength(block) + 2;
    if (size > room) return false;
    room -= size;
    return true;
  });
}

function parserTable(parsers: readonly ParserRecord[], verdicts: readonly VerdictRecord[]): string {
  return table(
    ["parser", "for", "reference", "images", "not ok", "SHA-256"],
    parsers.map(({ name, revision, reference, sha256 }) => {
      const own = verdicts.filter(({ parser }) => parser === name);
      const wrong = own.filter(({ ok }) => !ok).length;
      return [name, revision, reference, String(own.length), String(wrong), sha256];
    }),
  );
}

function verdictTable(verdicts: readonly VerdictRecord[]): string {
  return table(
    ["parser", "image", "verdict", "fault paths", "commands"],
    verdicts.map((verdict) => [
      verdict.parser,
      verdict.image,
      verdictTitle(verdict),
      faultPathsText(verdict),
      commandsText(verdict),
    ]),
  );
}

function findings(verdicts: readonly VerdictRecord[]): readonly string[] {
  const all = verdicts.flatMap((verdict) => verdict.findings.map((finding) => ({ verdict, finding })));
  const shown = all.slice(0, FINDINGS).map(({ verdict, finding }) => {
    const title = `${verdict.parser} on ${verdict.image}: ${verdictTitle({ ...verdict, findings: [finding] })}`;
    const lines = shortened(visible(findingLines(finding).join("\n")), LONGEST_BLOCK);
    // In HTML, not in Markdown's fences, which a line of the text could end.
    return folded(title, `<pre>${escaped(lines)}</pre>`);
  });
  return [...shown, ...more(all.length - shown.length, "findings")];
}

function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    line(heading),
    line(heading.map(() => "---")),
    ...rows.slice(0, ROWS).map((row) => line(row.map(cell))),
    ...more(rows.length - ROWS, "rows"),
  ].join("\n");
}

function list(lines: readonly string[]): string {
  return [
    ...lines.slice(0, ROWS).map((line) => `- ${cell(line)}`),
    ...more(lines.length - ROWS, "errors"),
  ].join("\n");
}

function folded(title: string, content: string): string {
  return content === "" ? "" : `<details><summary>${cell(title)}</summary>\n\n${content}\n\n</details>`;
}

function more(count: number, what: string): readonly string[] {
  return count > 0 ? ["", `And ${count} more ${what}: the JSON, JUnit and SARIF reports have all.`] : [];
}

function cell(text: string): string {
  return escaped(shortened(visible(oneLine(text)), LONGEST_CELL));
}

function shortened(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** Whatever Markdown, HTML or a forge reads meaning into, as a character reference, which none of them does. */
function escaped(text: string): string {
  return text.replace(/[^\w\s.,;()/ \u00a0-\u{10ffff}-]/gu, (character) => `&#${character.codePointAt(0)};`);
}
