import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { RUN_FOLDER } from "../test/support/shared.ts";
import { withoutProcesses } from "../test/support/without-processes.ts";
import { type Bundling, bundleTests } from "./bundles.ts";
import { coverageOf } from "./cover.ts";
import { share, Worker } from "./crew.ts";
import { judgeMutant } from "./judge-mutant.ts";
import { type Mutant, namesOf } from "./mutant.ts";
import { mutantsOf } from "./mutants.ts";
import { FOLDERS, type Options, optionsOf } from "./options.ts";
import { prepareParsers } from "./parsers.ts";
import { sampleOf } from "./random.ts";
import { type Equivalents, isAlive, type Judged, scoreOf, table, wrongEquivalents } from "./report.ts";
import { lastSurvivors, rememberSurvivors } from "./survivors.ts";

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function allMutants(root: string): Promise<readonly Mutant[]> {
  const mutants: Mutant[] = [];
  for (const folder of FOLDERS) {
    const names = await readdir(join(root, "src", folder), { recursive: true });
    for (const name of names.filter((one) => one.endsWith(".ts")).sort()) {
      const file = `src/${folder}/${name}`;
      mutants.push(...mutantsOf(file, await readFile(join(root, file), "utf8"), mutants.length));
    }
  }
  return mutants;
}

async function equivalentsOf(root: string): Promise<Equivalents> {
  const list: readonly { readonly mutant: string; readonly reason: string }[] = JSON.parse(
    await readFile(join(root, "mutation/equivalents.json"), "utf8"),
  );
  return new Map(list.map(({ mutant, reason }) => [mutant, reason]));
}

/**
 * Tests that start processes, which are on every machine that was set up: quick ones, `all`, and by folder of `src/` those that take
 * longer and say something of that folder alone.
 */
async function moreTests(root: string, mutants: readonly Mutant[]): Promise<readonly string[]> {
  const groups: Readonly<Record<string, readonly string[]>> = JSON.parse(
    await readFile(join(root, "mutation/more-tests.json"), "utf8"),
  );
  const folders = new Set(["all", ...mutants.map(({ file }) => file.split("/")[1])]);
  return Object.entries(groups).flatMap(([name, tests]) => (folders.has(name) ? tests : []));
}

function chosen(
  mutants: readonly Mutant[],
  names: ReadonlyMap<number, string>,
  before: ReadonlySet<string> | undefined,
  { folders, file, sample, seed }: Options,
): readonly Mutant[] {
  const wanted = mutants.filter(
    (mutant) =>
      folders.some((folder) => mutant.file.startsWith(`src/${folder}/`)) &&
      mutant.file.includes(file) &&
      (before === undefined || before.has(names.get(mutant.id) ?? "")),
  );
  return sample === undefined ? wanted : sampleOf(wanted, sample, seed);
}

async function judgeAll(
  root: string,
  mutants: readonly Mutant[],
  names: ReadonlyMap<number, string>,
  { workers: count, tests: asked }: Options,
  work: string,
): Promise<readonly Judged[]> {
  const all = [...(await withoutProcesses(root)), ...(await moreTests(root, mutants))];
  const tests = [...new Set(all)].filter((test) => asked.some((part) => test.includes(part)));
  // What test files of one run share; the workers have this environment as well.
  const shared = join(work, "shared");
  await mkdir(shared);
  process.env[RUN_FOLDER] = shared;
  const parsers = await prepareParsers(root, work);
  const bundle = (name: string, chosen: Bundling["chosen"]) =>
    bundleTests({ root, parsers, chosen }, tests, mutants, join(work, name));
  const covering = await bundle("cover", (id) => `$hit(${id})`);
  const trying = await bundle("try", (id) => `$mutant===${id}`);
  const temporary = join(work, "tmp");
  await mkdir(temporary);
  const crew = Array.from(
    { length: count },
    () => new Worker(join(import.meta.dirname, "worker.mjs"), root, temporary),
  );
  try {
    const files = new Map(mutants.map(({ id, file }) => [id, file]));
    const { reached, unusable } = await coverageOf(crew, covering, (id) => files.get(id) ?? "");
    for (const why of unusable) say(`not asked, as it fails by itself: ${why}`);
    for (const worker of crew) worker.end();
    const judged: Judged[] = [];
    await share(crew, mutants, async (worker, mutant) => {
      const outcome = await judgeMutant(worker, mutant.id, reached.get(mutant.id) ?? [], trying);
      judged.push({ mutant, name: names.get(mutant.id) ?? "", outcome });
      if (judged.length % 100 === 0) say(`${judged.length} of ${mutants.length} mutants tried`);
    });
    return judged.sort((a, b) => a.mutant.id - b.mutant.id);
  } finally {
    for (const worker of crew) worker.end();
  }
}

export async function run(root: string, words: readonly string[]): Promise<number> {
  const options = optionsOf(words);
  const all = await allMutants(root);
  const names = namesOf(all);
  const before = options.again ? await lastSurvivors(root, options.folders) : undefined;
  const mutants = chosen(all, names, before, options);
  await mkdir(join(root, "out/mutation"), { recursive: true });
  const work = await mkdtemp(join(root, "out/mutation/run-"));
  try {
    say(`${mutants.length} of ${all.length} mutants`);
    const judged = await judgeAll(root, mutants, names, options, work);
    const equivalents = await equivalentsOf(root);
    const alive = judged.filter((one) => isAlive(one) && !equivalents.has(one.name));
    for (const { mutant, name, outcome } of alive) say(`${outcome}: line ${mutant.line} of ${name}`);
    await rememberSurvivors(root, options.folders, judged, equivalents);
    for (const row of table(judged, equivalents)) say(row);
    const wrong = wrongEquivalents(judged, equivalents, new Set(names.values()));
    for (const one of wrong) say(`mutation/equivalents.json: ${one}`);
    const { percent } = scoreOf(judged, equivalents);
    if (percent < options.threshold) say(`under the threshold of ${options.threshold} %`);
    return percent < options.threshold || wrong.length > 0 ? 1 : 0;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
