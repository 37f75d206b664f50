import { join } from "node:path";
import type { Coverage } from "#bpf-vm/interpreter/coverage.ts";
import { ok, type Result } from "#core/result.ts";
import { digest } from "#files/digest.ts";
import { writeOutputs } from "#files/output-set.ts";
import { judge } from "#verify/judge.ts";
import type { ParserUnderTest } from "#verify/subject.ts";
import { caseFiles } from "./case-file.ts";
import { FINDINGS, makeCorpusFolder, QUEUE, readCases, type SavedCase } from "./corpus-folder.ts";
import { branchCoverage } from "./engine/branch-coverage.ts";

export type MergedCorpora = {
  /** Entries of queues: those that were there, and those that reach what no smaller one does. */
  readonly queue: { readonly read: number; readonly kept: number };
  readonly findings: { readonly read: number; readonly kept: number };
  readonly branches: { readonly reached: number; readonly all: number };
};

/**
 * Joins corpus folders into one. Of the queues, what is kept reaches all branches that the whole does, small inputs first; of findings with
 * one key the smallest is kept.
 *
 * @param out may be one of the folders: nothing is removed from it
 *
 * Errors: `file-failed`, `malformed`.
 */
export async function mergeCorpora(
  subject: ParserUnderTest,
  folders: readonly string[],
  out: string,
): Promise<Result<MergedCorpora>> {
  const queue: SavedCase[] = [];
  const findings: SavedCase[] = [];
  for (const folder of folders) {
    const [entries, found] = [await readCases(folder, QUEUE), await readCases(folder, FINDINGS)];
    if (!entries.ok) return entries;
    if (!found.ok) return found;
    queue.push(...entries.value);
    findings.push(...found.value);
  }
  const { kept, coverage } = reachingAll(subject, bySize(queue));
  const distinct = firstOfEach(bySize(findings), ({ name, description }) => description.key ?? name);
  const made = await makeCorpusFolder(out);
  if (!made.ok) return made;
  const named = kept.map((one, i) => ({ ...one, name: String(i + 1).padStart(6, "0") }));
  for (const [part, cases] of [[QUEUE, named] as const, [FINDINGS, distinct] as const]) {
    for (const { name, image, description } of cases) {
      const written = await writeOutputs(caseFiles(join(out, part), name, image, description));
      if (!written.ok) return written;
    }
  }
  return ok({
    queue: { read: queue.length, kept: kept.length },
    findings: { read: findings.length, kept: distinct.length },
    branches: branchCoverage(subject.programs, coverage),
  });
}

/** The order is the same for the same cases, whatever folders they come from. */
function bySize(cases: readonly SavedCase[]): readonly SavedCase[] {
  const keyed = cases.map((one) => ({ one, key: digest(one.image) + JSON.stringify(one.injection ?? null) }));
  keyed.sort((a, b) => a.one.image.length - b.one.image.length || (a.key < b.key ? -1 : 1));
  return keyed.map(({ one }) => one);
}

function reachingAll(
  subject: ParserUnderTest,
  cases: readonly SavedCase[],
): { readonly kept: readonly SavedCase[]; readonly coverage: readonly Coverage[] } {
  const coverage: readonly Coverage[] = subject.programs.map(
    ({ lowered }) => new Uint8Array(lowered.bySlot.length),
  );
  const kept = cases.filter(({ image, injection }) => {
    const before = coverage.map((one) => one.slice());
    judge(subject, image, { coverage, injection });
    return coverage.some((one, i) => Buffer.compare(one, before[i] ?? one) !== 0);
  });
  return { kept, coverage };
}

function firstOfEach<T>(values: readonly T[], keyOf: (value: T) => string): readonly T[] {
  const seen = new Map<string, T>();
  for (const value of values) if (!seen.has(keyOf(value))) seen.set(keyOf(value), value);
  return [...seen.values()];
}
