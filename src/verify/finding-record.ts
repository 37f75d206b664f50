import type { SourcePlace } from "#core/coverage.ts";
import type { FindingFacts } from "#core/verification.ts";
import type { SourceLine } from "#isa/listing.ts";
import type { Finding } from "./verdict.ts";

/** The facts of a finding as plain data. */
export function findingFacts(finding: Finding, imageSize: number): FindingFacts {
  switch (finding.kind) {
    case "fault": {
      const { reason, detail, instruction, callee } = finding.fault;
      const place = { detail, instruction, callee: callee ?? null };
      return reason === "not-modelled"
        ? { kind: "not-modelled", ...place }
        : { kind: "fault", reason, ...place };
    }
    case "leak":
      return { kind: "leak", what: finding.reference.kind, name: finding.reference.name };
    case "stray-read":
      return { kind: "stray-read", offset: finding.read.offset, size: finding.read.size, imageSize };
    case "malformed":
      return {
        kind: "malformed",
        index: finding.index,
        failure: finding.failure,
        emitted: finding.emitted,
      };
    case "went-on":
      return { kind: "went-on", index: finding.index };
    case "bad-reference":
      return { kind: "bad-reference", detail: `${finding.failure.file}: ${finding.failure.detail}` };
    case "difference": {
      const { index, field, a, b, bytes } = finding.difference;
      return {
        kind: "difference",
        index: index ?? null,
        field,
        expected: a,
        emitted: b,
        bytes: bytes === undefined ? null : { offset: bytes.offset, expected: bytes.a, emitted: bytes.b },
        sourceIs: finding.sourceIs,
      };
    }
  }
}

/** The compiler notes a file as it was named to it: `./x.c` is `x.c`. */
export function sourcePlace(source: SourceLine | undefined): SourcePlace | null {
  if (source === undefined) return null;
  return { file: source.file.replace(/^\.\//, ""), line: source.line, text: source.text.trim() };
}
