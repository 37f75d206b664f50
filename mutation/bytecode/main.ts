import { fork } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { RUN_FOLDER } from "../../test/support/shared.ts";
import { prepareParsers } from "../parsers.ts";
import { sampleOf } from "../random.ts";
import { bytecodeMutants } from "./mutants.ts";
import { type Options, optionsOf } from "./options.ts";
import { originalOf, type Parser } from "./subject.ts";
import type { Answer, Question } from "./worker.ts";

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** What was judged of one parser. */
type Judged = { readonly title: string; readonly mutants: number; readonly answers: readonly Answer[] };

/** @param folder of built parsers */
async function judgeParser(parser: Parser, { sample, seed, jobs, solver }: Options): Promise<Judged> {
  const { program } = await originalOf(parser);
  const mutants = bytecodeMutants(program);
  const places = mutants.map((_, index) => index);
  const chosen = sample === undefined ? places : sampleOf(places, sample, seed);
  const title = `${parser.name} ${parser.revision}`;
  say(`${title}: ${chosen.length} of ${mutants.length} mutants`);
  const answers: Answer[] = [];
  const hear = (answer: Answer): void => {
    answers.push(answer);
    const { slot, change } = mutants[answer.mutant] ?? { slot: -1, change: "" };
    const { kind, by } = answer.outcome;
    say(`  ${answer.seconds.toFixed(1)} s  instruction ${slot}: ${change}: ${kind} (${by})`);
  };
  const shares = Array.from({ length: jobs }, (_, job) => chosen.filter((_one, at) => at % jobs === job));
  await Promise.all(shares.map((share) => inProcess({ parser, mutants: share, solver }, hear)));
  return { title, mutants: mutants.length, answers };
}

function inProcess(question: Question, hear: (answer: Answer) => void): Promise<void> {
  const worker = fork(join(import.meta.dirname, "worker.mjs"), { serialization: "advanced" });
  worker.on("message", hear);
  worker.send(question);
  return new Promise((resolve, reject) => {
    worker.on("exit", (status) =>
      status === 0 ? resolve() : reject(new Error(`a worker ended with ${status}`)),
    );
  });
}

function count({ answers }: Judged, kind: Answer["outcome"]["kind"]): number {
  return answers.filter(({ outcome }) => outcome.kind === kind).length;
}

const KINDS = ["refuted", "unknown", "equivalent", "undecided", "unsound"] as const;

/** A row of Markdown's tables. */
function row(judged: Judged): string {
  const counts = KINDS.map((kind) => count(judged, kind));
  return `| ${[judged.title, judged.mutants, judged.answers.length, ...counts].join(" | ")} |`;
}

async function judgeAll(root: string, options: Options, work: string): Promise<readonly Judged[]> {
  process.env[RUN_FOLDER] = work;
  const folder = options.from ?? (await prepareParsers(root, work));
  const judged: Judged[] = [];
  for (const revision of options.revisions) {
    for (const name of options.parsers) {
      // The first patches have no parser of bare kernels.
      if (name === "plain" && revision === "v6") continue;
      judged.push(await judgeParser({ folder, revision, name }, options));
    }
  }
  return judged;
}

/** Gives the exit status: 1 where a mutant is neither refuted nor equivalent. */
export async function run(root: string, words: readonly string[]): Promise<number> {
  const options = optionsOf(words, process.cwd());
  await mkdir(join(root, "out/mutation"), { recursive: true });
  const work = await mkdtemp(join(root, "out/mutation/bytecode-"));
  try {
    const judged = await judgeAll(root, options, work);
    say(`| parser | mutants | tried | ${KINDS.join(" | ")} |`);
    say("|---|---|---|---|---|---|---|---|");
    for (const one of judged) say(row(one));
    return judged.some((one) => count(one, "undecided") + count(one, "unsound") > 0) ? 1 : 0;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
