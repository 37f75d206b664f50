import { unreachable } from "#core/unreachable.ts";
import type { FindingRecord, Shortfall, VerdictRecord } from "#core/verification.ts";
import { failureText } from "./failure-text.ts";
import { FINDING_KINDS } from "./finding-kinds.ts";

/** The finding in one line. */
export function findingText(finding: FindingRecord): string {
  switch (finding.kind) {
    case "not-modelled":
    case "fault": {
      const callee = finding.callee === null ? "" : `, in ${finding.callee}()`;
      return `${finding.detail} (instruction ${finding.instruction}${callee})`;
    }
    case "leak":
      return finding.what === "record"
        ? `${finding.name} is neither submitted nor discarded`
        : "the parser context is not put";
    case "stray-read":
      return `reads ${finding.size} bytes at ${finding.offset} of an image of ${finding.imageSize} bytes`;
    case "malformed": {
      const { section, offset, detail } = finding.failure;
      return `${section}, offset 0x${offset.toString(16)}: ${detail}`;
    }
    case "went-on":
      return `command ${finding.index} is sent after one that the kernel refused`;
    case "bad-reference":
      return finding.detail;
    case "difference": {
      const where = finding.index === null ? "" : `command ${finding.index}, `;
      return `${where}${finding.field}: ${finding.expected} expected, ${finding.emitted} emitted`;
    }
    default:
      return unreachable(finding);
  }
}

/** The finding with all that helps to mend it, a line each; the first is `findingText`. */
export function findingLines(finding: FindingRecord): readonly string[] {
  return [
    findingText(finding),
    ...(finding.source === null ? [] : [`${roleOf(finding)} ${sourceText(finding.source)}`]),
    `in: ${runsText(finding.runs)}`,
    ...dumpLines(finding),
    ...(finding.trace.length === 0 ? [] : ["trace log:", ...indented(finding.trace)]),
  ];
}

/** A shortfall in one line. */
export function shortfallText(shortfall: Shortfall): string {
  switch (shortfall.kind) {
    case "load-fails":
      return `${shortfall.container} cannot load ${shortfall.image}: ${failureText(shortfall.failure)}`;
    case "unexpected":
      return shortfall.expected === "accepted"
        ? `${shortfall.image} is refused, and was to be accepted`
        : `${shortfall.image} is accepted, and was to be refused`;
    case "nothing-judged":
      return shortfall.images === 0
        ? "nothing was judged, so nothing is proven"
        : `nothing was judged, so nothing is proven: the cases (${shortfall.images}) are for other parsers or revisions`;
    case "nothing-accepted":
      return "no image was accepted: say --expect refused where that is as it should be";
    default:
      return unreachable(shortfall);
  }
}

/** `ok`, or the kinds of its findings. */
export function verdictTitle({ findings }: VerdictRecord): string {
  const kinds = [...new Set(findings.map(({ kind }) => FINDING_KINDS[kind].title))];
  return kinds.length === 0 ? "ok" : kinds.join(", ");
}

/** What was sent, or why nothing was. */
export function commandsText({ commands, refusal }: VerdictRecord): string {
  const [reason = ""] = refusal === null ? [] : failureText(refusal).split("\n");
  if (commands.length > 0) {
    const sent = commands.map(({ title, size }) => (size === 0 ? title : `${title} (${size})`)).join(", ");
    return refusal === null ? sent : `${sent}; nothing expected: ${reason}`;
  }
  return refusal === null ? "nothing" : `nothing, as expected: ${reason}`;
}

function roleOf(finding: FindingRecord): string {
  if (finding.kind !== "difference") return "at";
  switch (finding.sourceIs) {
    case "writer":
      return "written by";
    case "sender":
      return "sent by";
    case "last words":
      return "gave up at";
    default:
      return unreachable(finding.sourceIs);
  }
}

function sourceText({ file, line, text }: NonNullable<FindingRecord["source"]>): string {
  return `${file}:${line}  ${text}`;
}

/** All of them, as long as that is readable. */
function runsText(runs: readonly string[]): string {
  const [first = "", ...others] = runs;
  return others.length > 2 ? `${first}, and ${others.length} more runs` : runs.join("; ");
}

function dumpLines(finding: FindingRecord): readonly string[] {
  if (finding.kind === "malformed") return ["emitted:", ...indented(finding.emitted)];
  if (finding.kind !== "difference" || finding.bytes === null) return [];
  const { offset, expected, emitted } = finding.bytes;
  return [
    `first difference at byte ${offset}`,
    "expected:",
    ...indented(expected),
    "emitted:",
    ...indented(emitted),
  ];
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
