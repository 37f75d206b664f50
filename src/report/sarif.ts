import { createHash } from "node:crypto";
import type {
  ErrorRecord,
  FindingRecord,
  Shortfall,
  VerdictRecord,
  Verification,
} from "#core/verification.ts";
import { failureText } from "./failure-text.ts";
import { PROBLEM_KINDS, type ProblemKind } from "./finding-kinds.ts";
import { findingPlace } from "./finding-place.ts";
import { findingLines, findingText, shortfallText } from "./finding-text.ts";

/** Where people read about the program. */
const HOME = "https://www.npmjs.com/package/kexec-bpf";

const KINDS = Object.keys(PROBLEM_KINDS) as readonly ProblemKind[];

/**
 * A verification as SARIF 2.1.0, for tools that show findings beside the source. A finding is at the parser's
 * line; where none is known, at the image. What could not be judged, and what the whole fails to show, are results too:
 * a log without any result says that all is well.
 *
 * Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
 */
export function sarifReport(verification: Verification, version: string): string {
  const { verdicts, parsers, errors, shortfalls } = verification;
  const fileOf = new Map(parsers.map(({ name, file }) => [name, file]));
  const inputs = [...parsers.map(({ file }) => file), ...verification.images.map(({ file }) => file)];
  const results = [
    ...verdicts.flatMap((verdict) =>
      verdict.findings.map((finding) => findingResult(verdict, finding, fileOf.get(verdict.parser) ?? "")),
    ),
    ...errors.map((error) => errorResult(error, inputs)),
    ...shortfalls.map((shortfall) => shortfallResult(shortfall, inputs)),
  ];
  const log = {
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "kexec-bpf",
            version,
            semanticVersion: version,
            informationUri: HOME,
            rules: rules(),
          },
        },
        columnKind: "utf16CodeUnits",
        invocations: [{ executionSuccessful: errors.length === 0 }],
        results: withFingerprints(results),
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function rules() {
  return KINDS.map((id) => {
    const { title, rule, meaning, help } = PROBLEM_KINDS[id];
    return {
      id,
      name: title.toLowerCase().replaceAll(/(?:^| )(\w)/g, (_, letter: string) => letter.toUpperCase()),
      shortDescription: { text: `${rule}.` },
      fullDescription: { text: `${rule}. ${meaning}` },
      help: { text: help.replaceAll("`", ""), markdown: `${meaning}\n\n${help}` },
      defaultConfiguration: { level: "error" },
    };
  });
}

/** A result, and what says of one in another run that it is the same: no line numbers, sizes or offsets. */
type Draft = { readonly identity: readonly unknown[]; readonly result: Readonly<Record<string, unknown>> };

function draft(kind: ProblemKind, text: string, identity: readonly unknown[], rest: object): Draft {
  const head = { ruleId: kind, ruleIndex: KINDS.indexOf(kind), level: "error", message: { text } };
  return { identity: [kind, ...identity], result: { ...head, ...rest } };
}

/** Results with the same identity are told apart by their number. */
function withFingerprints(drafts: readonly Draft[]) {
  const seen = new Map<string, number>();
  return drafts.map(({ identity, result }) => {
    const hash = createHash("sha256").update(JSON.stringify(identity)).digest("hex").slice(0, 32);
    const number = (seen.get(hash) ?? 0) + 1;
    seen.set(hash, number);
    return { ...result, partialFingerprints: { "kexecBpfFinding/v1": `${hash}:${number}` } };
  });
}

function findingResult({ parser, image }: VerdictRecord, finding: FindingRecord, file: string): Draft {
  const { source } = finding;
  const identity = [parser, image, source && [source.file, source.text]];
  return draft(finding.kind, `${parser} on ${image}: ${findingText(finding)}`, identity, {
    locations: [{ physicalLocation: place(finding, image, file) }],
    relatedLocations: [file, image].map((name, id) => ({
      id,
      message: { text: id === 0 ? "the parser" : "the image" },
      physicalLocation: { artifactLocation: artifact(name) },
    })),
    properties: { runs: finding.runs, details: findingLines(finding).slice(1) },
  });
}

function errorResult({ what, name, failure }: ErrorRecord, inputs: readonly string[]): Draft {
  const file = name === "" ? undefined : name;
  return draft("not-judged", failureText(failure), [what, name, failure.reason], {
    ...locations(file === undefined ? inputs : [file]),
    properties: { reason: failure.reason },
  });
}

function shortfallResult(shortfall: Shortfall, inputs: readonly string[]): Draft {
  const image = "image" in shortfall ? shortfall.image : undefined;
  return draft(
    shortfall.kind,
    shortfallText(shortfall),
    [image ?? ""],
    locations(image === undefined ? inputs : [image]),
  );
}

/** Viewers show nothing of a result that lies nowhere; what belongs to no one file lies at the first one. */
function locations(files: readonly string[]) {
  return {
    locations: files.slice(0, 1).map((file) => ({ physicalLocation: { artifactLocation: artifact(file) } })),
  };
}

function place(finding: FindingRecord, image: string, parser: string) {
  const { file, source } = findingPlace(finding, image, parser);
  const region = source && { region: { startLine: source.line, snippet: { text: source.text } } };
  return { artifactLocation: artifact(file), ...region };
}

/** A path as the URI reference that SARIF wants. */
function artifact(path: string) {
  const uri = path.split("/").map(encodeURIComponent).join("/");
  return { uri: path.startsWith("/") ? `file://${uri}` : uri };
}
