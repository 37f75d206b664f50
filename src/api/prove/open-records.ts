import { turns } from "#api/common/turns.ts";
import type { Context } from "#api/context.ts";
import { sourceOf } from "#bpf-vm/program.ts";
import type { CounterexampleRecord, OpenRecord } from "#core/proof-record.ts";
import { digest } from "#files/digest.ts";
import type { Output } from "#files/output-set.ts";
import { caseFiles } from "#fuzz/case-file.ts";
import type { Open } from "#prove/proof.ts";
import { injectionTitle } from "#verify/fault-paths.ts";
import { findingFacts, sourcePlace } from "#verify/finding-record.ts";
import { formatsOf, goodFiles } from "#verify/mutations/good-files.ts";
import { NO_REFERENCE, referenceTitle } from "#verify/references.ts";
import type { ParserUnderTest } from "#verify/subject.ts";
import { type Counterexample, confirm } from "./counterexample.ts";

type Writing = {
  /** Begins the files' names. */
  readonly name: string;
  /** The folder for them. */
  readonly counterexamples: string | undefined;
  readonly outputs: Output[];
  /** Images of counterexamples, by their names. */
  readonly images: Map<string, Uint8Array>;
};

/** What is open of a program, what is of one kind at one place together, with a run that shows it where there is one. */
export async function openRecords(
  subject: ParserUnderTest,
  open: readonly Open[],
  { name, counterexamples, outputs, images }: Writing,
  { signal }: Context,
): Promise<readonly OpenRecord[]> {
  const groups = new Map<string, Open[]>();
  for (const one of open) {
    const { kind, detail } = one.obligation;
    const key = JSON.stringify([kind, detail.replace(/\d+/g, ""), placeOf(one), one.kind]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const records: OpenRecord[] = [];
  for (const group of groups.values()) {
    const [first] = group;
    if (first === undefined) continue;
    const shown =
      first.kind === "undecided"
        ? undefined
        : await confirm(subject, examplesOf(group), goodOf(subject), turns(signal));
    const title = `${name}-${records.length + 1}`;
    if (shown !== undefined) images.set(title, shown.image);
    const files =
      counterexamples === undefined || shown === undefined
        ? []
        : caseFiles(counterexamples, title, shown.image, {
            ...{ schema: 1, reference: referenceTitle(subject.reference), revision: subject.revision },
            ...(shown.injection && { injection: shown.injection }),
            why: `refutes: ${first.obligation.detail}`,
          });
    outputs.push(...files);
    const file = files.find((one) => one.file.endsWith(".img"))?.file ?? null;
    records.push(
      openRecord(subject, group, first, shown && counterexampleRecord(subject, shown, { name: title, file })),
    );
  }
  return records;
}

function examplesOf(group: readonly Open[]) {
  return group.flatMap(({ example }) => example ?? []);
}

/** Good images of the formats that a parser takes. */
function goodOf({ reference, revision, arch }: ParserUnderTest) {
  if (typeof reference !== "string" || reference === NO_REFERENCE) return [];
  const formats: readonly string[] = formatsOf(reference, revision);
  return goodFiles(revision, arch).filter(({ format }) => formats.includes(format));
}

/** The instruction: of what is asked for at a program's end, the last one. */
function placeOf({ obligation: { state } }: Open): number {
  return state.slot >= 0 ? state.slot : (state.trail?.slot ?? 0);
}

function openRecord(
  { programs: [program] }: ParserUnderTest,
  group: readonly Open[],
  first: Open,
  counterexample: CounterexampleRecord | undefined,
): OpenRecord {
  const { kind, detail } = first.obligation;
  const instruction = placeOf(first);
  const status = first.kind === "undecided" ? "undecided" : counterexample ? "refuted" : "unconfirmed";
  return {
    ...{ kind, detail, count: group.length, instruction, status },
    source: program === undefined ? null : sourcePlace(sourceOf(program, instruction)),
    counterexample: counterexample ?? null,
  };
}

function counterexampleRecord(
  { programs }: ParserUnderTest,
  { image, injection, findings }: Counterexample,
  where: Pick<CounterexampleRecord, "name" | "file">,
): CounterexampleRecord {
  const run = injectionTitle(injection ?? {}, programs) || "undisturbed";
  return {
    ...{ ...where, size: image.length, sha256: digest(image), run, injection: injection ?? null },
    findings: findings.map((finding) => ({
      runs: [run],
      source: sourcePlace(finding.source),
      trace: [],
      ...findingFacts(finding, image.length),
    })),
  };
}
