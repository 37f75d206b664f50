import { resolve } from "node:path";
import { err, ok, type Result } from "#core/result.ts";
import { asWritten, camel, DASH, parse, type Said, saidInOrder, unknownWord } from "./engine.ts";
import { parseNumber } from "./numbers.ts";
import type { CommandRow, Given, NumberRow, OptionRow, PositionalRow, WordRow } from "./rows.ts";

/** How the URI of a key in a token begins (RFC 7512). */
const TOKEN = "pkcs11:";
/** How a word names a module, where it could be a choice. */
const MODULE = /\/|\.m?js$/;

export type Read<Row extends CommandRow> = {
  readonly given: Given<Row>;
  /** The same in the order in which it was said: for options whose order means something, and for manifests. */
  readonly said: readonly Said[];
  readonly positionals: readonly { readonly name: string; readonly value: string }[];
  /** All of them as they stand. */
  readonly words: readonly string[];
};

/**
 * Reads the words of a command, without those that name it.
 *
 * Errors: `usage`, for an option that is unknown, given twice, without a value or with an empty one, out of its choices or range,
 * and for positionals that are missing or too many.
 */
export function readWords<const Row extends CommandRow>(
  row: Row,
  words: readonly string[],
  cwd: string,
): Result<Read<Row>> {
  const { options, positionals } = row;
  const parsed = parse(options, words);
  const unknown = unknownWord(options, parsed, words);
  if (unknown !== undefined) return usage(`Unknown argument: ${unknown}`);

  const given: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(options)) {
    const value = optionValue(name, option, parsed[name], cwd);
    if (!value.ok) return value;
    given[camel(name)] = value.value;
  }
  const left = [...parsed._, ...(parsed["--"] ?? [])];
  const placed: { name: string; value: string }[] = [];
  for (const [name, positional] of Object.entries(positionals)) {
    const taken = left.splice(0, positional.repeatable ? left.length : 1);
    const value = positionalValue(name, positional, taken, cwd);
    if (!value.ok) return value;
    given[camel(name)] = value.value;
    placed.push(...taken.map((word) => ({ name, value: word })));
  }
  if (left[0] !== undefined) return usage(`too many words: ${asWritten(left[0])}`);
  return ok({
    given: given as Given<Row>,
    said: saidInOrder(options, parsed, words),
    positionals: placed.map(({ name, value }) => ({ name, value: asWritten(value) })),
    words,
  });
}

type OptionValue = boolean | string | number | readonly (string | number)[] | undefined;

function optionValue(
  name: string,
  option: OptionRow,
  said: readonly (string | boolean)[] | undefined,
  cwd: string,
): Result<OptionValue> {
  const values = said ?? [];
  if (values.length > 1 && !("repeatable" in option && option.repeatable))
    return usage(`--${name} is given more than once`);
  if (option.type === "flag") return ok(values.length === 0 ? option.default === true : values[0] === true);
  // The engine leaves an option without a value at the end, and before another one.
  if (said?.length === 0) return usage(`--${name} needs a value`);
  if (values.length === 0 && option.required) return usage(`--${name} is missing`);
  const words = orDefault(values.map(String), option);
  const read: (string | number)[] = [];
  for (const word of words) {
    const value = wordValue(`--${name}`, option, word, cwd);
    if (!value.ok) return value;
    read.push(value.value);
  }
  return ok(option.repeatable ? read : (read[0] ?? option.default));
}

function orDefault(words: readonly string[], row: NumberRow | WordRow): readonly string[] {
  return words.length === 0 && typeof row.default === "string" ? [row.default] : words;
}

function positionalValue(
  name: string,
  positional: PositionalRow,
  words: readonly string[],
  cwd: string,
): Result<string | readonly string[] | undefined> {
  if (words.length === 0 && positional.required) return usage(`${name} is missing`);
  const read: string[] = [];
  for (const word of orDefault(words, positional)) {
    const value = wordValue(name, positional, word, cwd);
    if (!value.ok) return value;
    read.push(String(value.value));
  }
  return ok(positional.repeatable ? read : read[0]);
}

/** @param said what a message calls the word */
function wordValue(
  said: string,
  row: NumberRow | WordRow,
  word: string,
  cwd: string,
): Result<string | number> {
  if (asWritten(word) === "" && row.type !== "text") {
    const more =
      row.type === "output" || row.type === "folder" ? ": the name of a file or folder is expected" : "";
    return usage(`${said} is empty${more}`);
  }
  if (isNumber(row)) return parseNumber(row, word, `${said} ${asWritten(word)}`);
  if (row.choices !== undefined && !row.choices.includes(asWritten(word))) {
    if (row.orModule && MODULE.test(word)) return ok(resolve(cwd, word));
    const more = row.orModule ? "; a module is named as ./NAME.mjs" : "";
    return usage(`${said} ${asWritten(word)}: ${row.choices.join(", ")} are known${more}`);
  }
  switch (row.type) {
    case "text":
      return ok(asWritten(word));
    case "output":
      return ok(word === DASH ? "/dev/stdout" : resolve(cwd, word));
    case "folder":
      if (word === DASH) return usage(`${said} -: several files cannot go to stdout`);
      return ok(resolve(cwd, word));
    case "key":
      if (word.startsWith(TOKEN)) return ok(word);
      return ok(word === DASH ? "/dev/stdin" : resolve(cwd, word));
    case "path":
      return ok(word === DASH ? "/dev/stdin" : resolve(cwd, word));
    case "name":
      return ok(word === DASH ? "/dev/stdin" : word);
    default:
      return ok(asWritten(word));
  }
}

function isNumber(row: NumberRow | WordRow): row is NumberRow {
  return row.type === "count" || row.type === "size" || row.type === "time";
}

function usage(detail: string): Result<never> {
  return err({ reason: "usage", detail });
}
