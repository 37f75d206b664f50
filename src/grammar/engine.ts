import parser from "yargs-parser";
import type { CommandRow, OptionRow } from "./rows.ts";

type Options = CommandRow["options"];

/** An option with its value as the user wrote it, or a flag that is on. */
export type Said = { readonly name: string; readonly value?: string };

/** Stands for a lone `-`, which the engine would take for the beginning of an option. */
export const DASH = "\u0000-";
/** Stands at the end of `--name=`, which the engine would take for an option without a value. Words have no NUL. */
const NOTHING = "\u0000";
/** Options that every command has. */
const COMMON: Readonly<Record<"help" | "version", Pick<OptionRow, "type" | "alias">>> = {
  help: { type: "flag", alias: "h" },
  version: { type: "flag" },
};

export type Parsed = Readonly<Record<string, readonly (string | boolean)[] | undefined>> & {
  readonly _: readonly string[];
  readonly "--"?: readonly string[];
};

/** yargs' engine, told of the rows. Every option is a list to it, so that what is said twice can be told. */
export function parse(options: Options, words: readonly string[]): Parsed {
  const rows = Object.entries<Pick<OptionRow, "type" | "alias">>({ ...options, ...COMMON });
  return parser(words.map(marked), {
    array: rows.map(([key, { type }]) => (type === "flag" ? { key, boolean: true } : { key, string: true })),
    alias: Object.fromEntries(rows.flatMap(([name, { alias }]) => (alias ? [[name, [alias]]] : []))),
    configuration: {
      "dot-notation": false,
      "greedy-arrays": false,
      "parse-positional-numbers": false,
      "populate--": true,
    },
  }) as Parsed;
}

/** The first word that no row knows, without its dashes. */
export function unknownWord(options: Options, parsed: Parsed, words: readonly string[]): string | undefined {
  const known = new Set(
    Object.entries<Pick<OptionRow, "alias">>({ ...options, ...COMMON }).flatMap(([name, { alias }]) => [
      name,
      camel(name),
      alias ?? name,
    ]),
  );
  const unknown = Object.keys(parsed).find((key) => key !== "_" && key !== "--" && !known.has(key));
  if (unknown !== undefined) return unknown;
  // `--no-output` of an option with a value, `--json=maybe`: the engine makes something of both.
  for (const [name, word] of optionWords(words)) {
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    if (option !== undefined && option.type !== "flag" && word.startsWith("--no-")) return word.slice(2);
    if (option?.type === "flag" && /=(?!true$|false$)/.test(word)) return word.replace(/^-+/, "");
  }
  return parsed._.find((word) => word.startsWith("-"))?.replace(/^-+(?=.)/, "");
}

/**
 * The engine gives each option its values; their order among different options is the order of the words that name them. A value
 * never looks like an option.
 */
export function saidInOrder(options: Options, parsed: Parsed, words: readonly string[]): readonly Said[] {
  const next = new Map<string, number>();
  const said: Said[] = [];
  for (const [name] of optionWords(words, options)) {
    const option = options[name];
    if (option === undefined) continue;
    const at = next.get(name) ?? 0;
    next.set(name, at + 1);
    const value = parsed[name]?.[at];
    if (option.type !== "flag") said.push({ name, value: asWritten(String(value)) });
    else if (value === true) said.push({ name });
  }
  return said;
}

/** The words that are options, each with the name of its row; up to `--`. */
function optionWords(
  words: readonly string[],
  options: Options = {},
): readonly (readonly [name: string, word: string])[] {
  const short = new Map(
    Object.entries(options).flatMap(([name, { alias }]) => (alias === undefined ? [] : [[alias, name]])),
  );
  const end = words.indexOf("--");
  return words.slice(0, end < 0 ? undefined : end).flatMap((word) => {
    const long = /^--(?:no-)?([A-Za-z][^=]*)/.exec(word)?.[1];
    if (long !== undefined) return [[dashed(long), word] as const];
    const name = short.get(/^-([A-Za-z])/.exec(word)?.[1] ?? "");
    return name === undefined ? [] : [[name, word] as const];
  });
}

function marked(word: string): string {
  if (word === "-") return DASH;
  return /^-[^=]*=$/.test(word) ? `${word}${NOTHING}` : word;
}

/** A word as the user wrote it. */
export function asWritten(word: string): string {
  return word === DASH ? "-" : word.replace(NOTHING, "");
}

function dashed(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

export function camel(name: string): string {
  return name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
