import { commandTitle } from "#abi/command.ts";
import type { Injection } from "#bpf-vm/injection.ts";
import type { Coverage } from "#bpf-vm/interpreter/coverage.ts";
import type { FindingRecord, VerdictRecord } from "#core/verification.ts";
import { type Emission, type EmissionOptions, isMalformed } from "./emission.ts";
import { faultPaths, injectionTitle } from "./fault-paths.ts";
import { findingFacts, sourcePlace } from "./finding-record.ts";
import { type Comparison, judge, judgeEffect } from "./judge.ts";
import type { ParserUnderTest } from "./subject.ts";
import type { Verdict } from "./verdict.ts";

export type ExamineOptions = {
  readonly comparison: Comparison;
  /** Whether to try every fault path, too. */
  readonly faultPaths: boolean;
  /** One more run, with this injected: that of a corpus case. */
  readonly injection?: Injection | undefined;
  /** For each of the subject's programs, to be added to. */
  readonly coverage?: readonly Coverage[] | undefined;
  /** Called before each run; false ends the examination. A long one lets others have a turn here. */
  readonly beat?: (run: number, runs: number) => boolean | Promise<boolean>;
};

/** What became of one image, without saying of which parser and image. */
export type Examination = Omit<VerdictRecord, "parser" | "image">;

const UNDISTURBED = "undisturbed";

/**
 * Judges a subject on an image: undisturbed, then with each thing denied that it asks for. What is wrong in the
 * same way in several runs is one finding.
 *
 * @returns undefined where `beat` ended it
 */
export async function examine(
  subject: ParserUnderTest,
  image: Uint8Array,
  options: ExamineOptions,
): Promise<Examination | undefined> {
  const { comparison, coverage, injection, beat = () => true } = options;
  const run = (how: EmissionOptions, expected?: Verdict["expected"]): Verdict | Promise<Verdict> =>
    (comparison === "exact" ? judge : judgeEffect)(subject, image, how, expected);
  if (!(await beat(0, 1))) return undefined;
  // By itself, for what this run came by says which fault paths there are.
  const plain = await run({});
  if (coverage !== undefined) addCoverage(coverage, subject, plain.emission);
  const findings = new Map<string, FindingRecord>();
  note(findings, plain, UNDISTURBED, image.length);

  const paths = [
    ...(injection === undefined ? [] : [injection]),
    ...(options.faultPaths ? faultPaths(plain.emission) : []),
  ];
  let passed = 0;
  for (const [i, path] of paths.entries()) {
    if (!(await beat(i + 1, paths.length + 1))) return undefined;
    const verdict = await run({ injection: path, ...(coverage && { coverage }) }, plain.expected);
    if (verdict.findings.length === 0) passed += 1;
    note(findings, verdict, injectionTitle(path, subject.programs), image.length);
  }
  return {
    ok: findings.size === 0,
    commands: commandsOf(plain.emission),
    refusal: plain.expected.ok ? null : plain.expected.failure,
    faultPaths: { passed, run: paths.length },
    findings: [...findings.values()],
  };
}

function note(known: Map<string, FindingRecord>, verdict: Verdict, run: string, imageSize: number): void {
  const trace = verdict.emission.runs.flatMap(({ outcome }) => outcome.trace);
  for (const finding of verdict.findings) {
    const facts = findingFacts(finding, imageSize);
    const source = sourcePlace(finding.source);
    const key = JSON.stringify([facts, source]);
    const earlier = known.get(key);
    // A program may do the same thing twice in a run.
    if (earlier?.runs.at(-1) === run) continue;
    known.set(key, {
      runs: [...(earlier?.runs ?? []), run],
      source,
      trace: earlier?.trace ?? trace,
      ...facts,
    });
  }
}

function addCoverage(all: readonly Coverage[], subject: ParserUnderTest, { runs }: Emission): void {
  for (const { program, outcome } of runs) {
    const sum = all[subject.programs.indexOf(program)];
    for (const [slot, bits] of outcome.coverage.entries()) {
      if (sum !== undefined) sum[slot] = (sum[slot] ?? 0) | bits;
    }
  }
}

function commandsOf({ emitted }: Emission): VerdictRecord["commands"] {
  return emitted.map(({ command, buffer }) =>
    isMalformed(command)
      ? { title: "malformed", size: buffer.bytes.length }
      : { title: commandTitle(command), size: command.payload.length },
  );
}
