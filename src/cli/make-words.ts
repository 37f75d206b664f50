import { err, ok, type Result } from "#core/result.ts";
import { parseNumber } from "./numbers.ts";

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
        number === "" || number === undefined ? ok(undefined) : parseNumber("jobs", number, `-j ${number}`);
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

function usage(detail: string): Result<never> {
  return err({ reason: "usage", detail });
}
