import { resolve } from "node:path";
import { JOBS } from "#api/common/number-rows.ts";
import { err, ok, type Result } from "#core/result.ts";
import { parseNumber } from "#grammar/numbers.ts";
import { type MakeSwitches, REFUSED, SWITCHES, VALUED } from "./options-of-make.ts";

/** What stands on make's command line. */
export type MakeWords = {
  readonly goals: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /** `-C DIR`, in order. */
  readonly folders: readonly string[];
  readonly jobs: number | undefined;
  /** Those that are given. */
  readonly switches: Partial<MakeSwitches>;
};

const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)=([\s\S]*)$/;

/**
 * Splits make's words: `VAR=value`, options as GNU make has them (letters together or apart, long names, values attached or
 * not); all else is a goal. Errors: `usage`.
 */
export function parseMakeWords(words: readonly string[]): Result<MakeWords> {
  const reader = new Reader(words);
  for (let word = reader.next(); word !== undefined; word = reader.next()) {
    const failed = reader.take(word);
    if (failed !== undefined) return failed;
  }
  return ok(reader);
}

class Reader implements MakeWords {
  readonly goals: string[] = [];
  readonly variables: Record<string, string> = {};
  readonly folders: string[] = [];
  jobs: number | undefined;
  switches: Partial<MakeSwitches> = {};
  readonly #left: string[];
  #optionsEnded = false;

  constructor(words: readonly string[]) {
    this.#left = [...words];
  }

  next(): string | undefined {
    return this.#left.shift();
  }

  /** @returns what is wrong with the word */
  take(word: string): Result<never> | undefined {
    const variable = VARIABLE.exec(word);
    if (variable !== null) {
      this.variables[variable[1] ?? ""] = variable[2] ?? "";
    } else if (word === "--" && !this.#optionsEnded) {
      this.#optionsEnded = true;
    } else if (this.#optionsEnded || !word.startsWith("-") || word === "-") {
      this.goals.push(word);
    } else {
      return word.startsWith("--") ? this.#long(word) : this.#letters(word);
    }
    return undefined;
  }

  #long(word: string): Result<never> | undefined {
    const [, name = "", value] = /^--([^=]*)(?:=([\s\S]*))?$/.exec(word) ?? [];
    return this.#option(`--${name}`, name, value);
  }

  #letters(word: string): Result<never> | undefined {
    for (let at = 1; at < word.length; at += 1) {
      const letter = word.charAt(at);
      const rest = word.slice(at + 1);
      const valued = Object.hasOwn(VALUED, letter);
      // As with make, -j takes the digits that follow it, other options with a value take all that is left of the word.
      const value = letter === "j" ? (/^\d+/.exec(rest)?.[0] ?? "") : rest;
      const failed = this.#option(`-${letter}`, letter, valued && value !== "" ? value : undefined);
      if (failed !== undefined) return failed;
      if (valued) at += value.length;
    }
    return undefined;
  }

  #option(said: string, name: string, attached: string | undefined): Result<never> | undefined {
    if (Object.hasOwn(REFUSED, name)) return usage(`${said}: ${REFUSED[name]}`);
    const change = Object.hasOwn(SWITCHES, name) ? SWITCHES[name] : undefined;
    if (change !== undefined) {
      if (attached !== undefined) return usage(`${said} takes no value`);
      this.switches = { ...this.switches, ...change };
      return undefined;
    }
    const valued = Object.hasOwn(VALUED, name) ? VALUED[name] : undefined;
    if (valued === undefined) {
      return usage(`unknown option ${said}: goals, VAR=value, -C DIR, -j[N], -n, -k, -B, -q, -s`);
    }
    const value = attached ?? this.#apart(valued.value);
    if (valued.means === "jobs") return this.#takeJobs(said, value);
    if (valued.value === "needed" && value === undefined) return usage(`${said} needs a folder`);
    if (valued.means === "folder" && value !== undefined) this.folders.push(value);
    return undefined;
  }

  /** The next word, where that is the value. */
  #apart(value: "needed" | "may-be" | "number"): string | undefined {
    const numeric = /^\d+(\.\d+)?$/.test(this.#left[0] ?? "");
    return value === "needed" || (value === "number" && numeric) ? this.next() : undefined;
  }

  #takeJobs(said: string, number: string | undefined): Result<never> | undefined {
    if (number === undefined) {
      // Loaded for this word alone: most runs of make have nothing else to do.
      this.jobs = process.getBuiltinModule("node:os").availableParallelism();
      return undefined;
    }
    const parsed = parseNumber(JOBS, number, `${said} ${number}`);
    if (!parsed.ok) return parsed;
    this.jobs = parsed.value;
    return undefined;
  }
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
export function makeStartsIn(words: MakeWords, env: Environment, cwd: string): MakeFolders {
  const inside = resolve(cwd, ...words.folders);
  const out = makeVariable(words, env, "O");
  // As with make, O counts from where the user stands, not from -C.
  return { cwd: inside, out: out === undefined ? inside : resolve(cwd, out) };
}

function usage(detail: string): Result<never> {
  return err({ reason: "usage", detail });
}
