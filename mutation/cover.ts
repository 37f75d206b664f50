import type { Worker } from "./crew.ts";
import { share } from "./crew.ts";

/** The tests of one file that reach a mutant, and how long they take without it. */
export type Reach = {
  readonly file: string;
  readonly tests: readonly number[];
  readonly ms: number;
  /** No test alone reaches it: it runs as the file is loaded. */
  readonly atLoading: boolean;
};

export type Coverage = {
  readonly reached: ReadonlyMap<number, readonly Reach[]>;
  /** Test files that fail without a mutant, with what fails. */
  readonly unusable: readonly string[];
};

const LONGEST_FILE = 300_000;

function isOwn(test: string, source: string): boolean {
  return test.split("/")[1] === source.split("/")[1];
}

/** Runs every test file once, to learn which mutants each of its tests reaches. */
export async function coverageOf(
  workers: readonly Worker[],
  bundles: ReadonlyMap<string, string>,
  fileOf: (mutant: number) => string,
): Promise<Coverage> {
  const reached = new Map<number, Reach[]>();
  const unusable: string[] = [];
  await share(workers, [...bundles], async (worker, [file, bundle]) => {
    const heard = await worker.ask({ kind: "cover", bundle }, LONGEST_FILE);
    if (heard.kind !== "covered" || heard.failure !== undefined) {
      unusable.push(`${file}: ${heard.kind === "covered" ? heard.failure : heard.kind}`);
      return;
    }
    const all = heard.tests.map((_, index) => index);
    const byMutant = new Map<number, readonly number[]>();
    for (const [index, test] of heard.tests.entries()) {
      for (const mutant of test.hits) byMutant.set(mutant, [...(byMutant.get(mutant) ?? []), index]);
    }
    const atLoading = new Set(heard.shared.filter((mutant) => !byMutant.has(mutant)));
    for (const mutant of heard.shared) {
      if (atLoading.has(mutant) || isOwn(file, fileOf(mutant))) byMutant.set(mutant, all);
    }
    for (const [mutant, tests] of byMutant) {
      // The quickest first: any of them may end it.
      const ordered = [...tests].sort((a, b) => (heard.tests[a]?.ms ?? 0) - (heard.tests[b]?.ms ?? 0));
      const ms = heard.sharedMs + ordered.reduce((sum, index) => sum + (heard.tests[index]?.ms ?? 0), 0);
      reached.set(mutant, [
        ...(reached.get(mutant) ?? []),
        { file, tests: ordered, ms, atLoading: atLoading.has(mutant) },
      ]);
    }
  });
  // Scores are about tests; a runner that runs none of them must not give one.
  if (bundles.size > 0 && unusable.length === bundles.size)
    throw new Error(`no test file can be run: ${unusable[0]}`);
  return {
    reached: new Map([...reached].map(([mutant, list]) => [mutant, inOrder(list, fileOf(mutant))])),
    unusable,
  };
}

/** The folder's own tests first. What runs as any test is loaded, such as a table, is for them alone, where they reach it. */
function inOrder(all: readonly Reach[], source: string): readonly Reach[] {
  const close = all.filter(({ file, atLoading }) => !atLoading || isOwn(file, source));
  const list = close.length > 0 ? close : all;
  const rank = ({ file, ms }: Reach): number => ms + (isOwn(file, source) ? 0 : 1e9);
  return [...list].sort((a, b) => rank(a) - rank(b));
}
