import { resolve } from "node:path";
import { JOBS } from "#commands/jobs.ts";
import { err, ok, type Result } from "#core/result.ts";
import { parseNumber } from "#grammar/numbers.ts";

/** What stands on make's command line. */
export type MakeWords = {
  readonly goals: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /** `-C DIR`, in order. */
  readonly folders: readonly string[];
  readonly jobs: number | undefined;
  /** `-s`: say nothing of what is done. */
  readonly silent: boolean;
};

const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)=([\s\S]*)$/;

/** Splits make's words: `VAR=value`, `-C DIR`, `-j[N]`, `-s`; all else is a goal. Errors: `usage`. */
export function parseMakeWords(words: readonly string[]): Result<MakeWords> {
  const goals: string[] = [];
  const variables: Record<string, string> = {};
  const folders: string[] = [];
  let jobs: number | undefined;
  let silent = false;
  const left = [...words];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    const variable = VARIABLE.exec(word);
    const count = /^-j(\d*)$/.exec(word)?.[1];
    if (variable !== null) {
      variables[variable[1] ?? ""] = variable[2] ?? "";
    } else if (count !== undefined) {
      const number = count === "" && /^\d+$/.test(left[0] ?? "") ? left.shift() : count;
      const parsed =
        number === "" || number === undefined ? ok(undefined) : parseNumber(JOBS, number, `-j ${number}`);
      if (!parsed.ok) return parsed;
      jobs = parsed.value;
    } else if (word === "-C") {
      const folder = left.shift();
      if (folder === undefined) return usage("-C needs a folder");
      folders.push(folder);
    } else if (word === "-s" || word === "--silent" || word === "--quiet") {
      silent = true;
    } else if (word.startsWith("-")) {
      return usage(`unknown option ${word}: goals, VAR=value, -C DIR, -j[N], -s`);
    } else {
      goals.push(word);
    }
  }
  return ok({ goals, variables, folders, jobs, silent });
}

type Environment = Readonly<Record<string, string | undefined>>;

/** A variable as make has it: that of the command line, else that of the environment; an empty one is none. */
export function makeVariable(
  { variables }: Pick<MakeWords, "variables">,
  env: Environment,
  name: string,
): string | undefined {
  const text = variables[name] ?? env[name];
  return text === "" ? undefined : text;
}

export type MakeFolders = {
  /** Where relative paths count from. */
  readonly cwd: string;
  /** Where the outputs go. */
  readonly out: string;
};

/** @param cwd where the user stands */
export function makeFolders(words: MakeWords, env: Environment, cwd: string): MakeFolders {
  const inside = resolve(cwd, ...words.folders);
  const out = makeVariable(words, env, "O");
  // As with make, O counts from where the user stands, not from -C.
  return { cwd: inside, out: out === undefined ? inside : resolve(cwd, out) };
}

function usage(detail: string): Result<never> {
  return err({ reason: "usage", detail });
}
