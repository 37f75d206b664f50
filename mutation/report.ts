import type { Mutant, Outcome } from "./mutant.ts";
import { FOLDERS } from "./options.ts";

export type Judged = { readonly mutant: Mutant; readonly name: string; readonly outcome: Outcome };
export type Equivalents = ReadonlyMap<string, string>;

export function isAlive({ outcome }: Judged): boolean {
  return outcome === "survived" || outcome === "uncovered";
}

type Score = { readonly killed: number; readonly of: number; readonly percent: number };

/** What is equivalent to the program counts neither way. */
export function scoreOf(judged: readonly Judged[], equivalents: Equivalents): Score {
  const counted = judged.filter(({ name }) => !equivalents.has(name));
  const killed = counted.filter((one) => !isAlive(one)).length;
  return {
    killed,
    of: counted.length,
    percent: counted.length === 0 ? 100 : (100 * killed) / counted.length,
  };
}

/** Names in the list that are wrong: a mutant that tests kill is not equivalent, and one that is not there is out of date. */
export function wrongEquivalents(
  judged: readonly Judged[],
  equivalents: Equivalents,
  all: ReadonlySet<string>,
): readonly string[] {
  const gone = [...equivalents.keys()].filter((name) => !all.has(name)).map((name) => `not there: ${name}`);
  const killed = judged
    .filter((one) => equivalents.has(one.name) && !isAlive(one))
    .map(({ name }) => `killed: ${name}`);
  return [...gone, ...killed];
}

function line(name: string, { killed, of, percent }: Score): string {
  return `${name.padEnd(10)} ${percent.toFixed(1).padStart(5)} %  ${killed} of ${of} killed`;
}

export function table(judged: readonly Judged[], equivalents: Equivalents): readonly string[] {
  const folders = FOLDERS.flatMap((folder) => {
    const inside = judged.filter(({ mutant }) => mutant.file.startsWith(`src/${folder}/`));
    return inside.length === 0 ? [] : [line(folder, scoreOf(inside, equivalents))];
  });
  return [...folders, line("all", scoreOf(judged, equivalents))];
}
