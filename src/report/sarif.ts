import type { FindingKind, FindingRecord, VerdictRecord, Verification } from "#core/verification.ts";
import { FINDING_KINDS, findingLines, findingText } from "./finding-text.ts";

const KINDS = Object.keys(FINDING_KINDS) as readonly FindingKind[];

/**
 * A verification as SARIF 2.1.0, for tools that show findings beside the source. A finding is at the parser's
 * line; where none is known, at the image.
 *
 * Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
 */
export function sarifReport({ verdicts, parsers }: Verification, version: string): string {
  const fileOf = new Map(parsers.map(({ name, file }) => [name, file]));
  const log = {
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "kexec-bpf",
            version,
            rules: KINDS.map((id) => ({ id, shortDescription: { text: `${FINDING_KINDS[id].rule}.` } })),
          },
        },
        columnKind: "utf16CodeUnits",
        results: verdicts.flatMap((verdict) =>
          verdict.findings.map((finding) => result(verdict, finding, fileOf.get(verdict.parser) ?? "")),
        ),
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function result({ parser, image }: VerdictRecord, finding: FindingRecord, file: string) {
  return {
    ruleId: finding.kind,
    ruleIndex: KINDS.indexOf(finding.kind),
    level: "error",
    message: { text: `${parser} on ${image}: ${findingText(finding)}` },
    locations: [{ physicalLocation: place(finding, image, file) }],
    relatedLocations: [file, image].map((name, id) => ({
      id,
      message: { text: id === 0 ? "the parser" : "the image" },
      physicalLocation: { artifactLocation: artifact(name) },
    })),
    properties: { runs: finding.runs, details: findingLines(finding).slice(1) },
  };
}

/** A source is named as the compiler was told, and compilers run beside what they make. */
function place({ source }: FindingRecord, image: string, parser: string) {
  if (source === null) return { artifactLocation: artifact(image) };
  const { file, line, text } = source;
  const folder = file.startsWith("/") ? "" : parser.slice(0, parser.lastIndexOf("/") + 1);
  return { artifactLocation: artifact(folder + file), region: { startLine: line, snippet: { text } } };
}

/** A path as the URI reference that SARIF wants. */
function artifact(path: string) {
  const uri = path.split("/").map(encodeURIComponent).join("/");
  return { uri: path.startsWith("/") ? `file://${uri}` : uri };
}
