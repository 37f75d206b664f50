import { parseArgs } from "node:util";
import type { Argv } from "yargs";
import { err, ok, type Result } from "#core/result.ts";

/** A command's grammar as data: read by `parseWords` when the command runs, by yargs for its help. */
export type CommandWords = {
  readonly name: string;
  readonly describe: string;
  /** All of them must be given. */
  readonly positionals: readonly {
    readonly name: string;
    readonly describe: string;
    readonly content?: WordContent;
  }[];
  readonly options: Readonly<Record<string, OptionWords>>;
};

/** What a word holds: a file's name; text, or `@FILE`; `NAME=FILE`. Else it is what it says. */
export type WordContent = "file" | "text" | "assignment";

export type OptionWords = {
  readonly type: "string" | "boolean";
  readonly alias?: string;
  readonly describe: string;
  readonly choices?: readonly string[];
  readonly required?: boolean;
  /** May be given more than once. */
  readonly several?: boolean;
  readonly content?: WordContent;
};

export type Words = {
  readonly positional: (name: string) => string;
  /** The value of a string option; undefined where it is not given. */
  readonly value: (name: string) => string | undefined;
  readonly flag: (name: string) => boolean;
  /** String options in the order in which they stand, for those whose order means something. */
  readonly ordered: readonly { readonly name: string; readonly value: string }[];
  /** Boolean options that are given, each once. */
  readonly flags: readonly string[];
};

/**
 * Parses a command's words without yargs, whose loading takes longer than packing a small image does.
 * Errors: `usage`.
 */
export function parseWords(command: CommandWords, words: readonly string[]): Result<Words> {
  const options = Object.entries(command.options).flatMap(([name, { type, alias }]) => [
    [name, { type, multiple: true, ...(alias === undefined ? {} : { short: alias }) }],
    // As with yargs, what `--no-manifest` leaves out may be asked for.
    ...(name.startsWith("no-") ? [[name.slice("no-".length), { type, multiple: true }]] : []),
  ]);
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(words, Object.fromEntries(options));
  } catch (error) {
    // What Node says of words that do not fit: an unknown option, a value that is missing.
    if (!(error instanceof TypeError)) throw error;
    const unknown = /^Unknown option '-{1,2}([^']+)'/.exec(error.message)?.[1];
    // As yargs says it for the other commands.
    return usage(
      unknown === undefined ? (error.message.split("\n")[0] ?? "") : `Unknown argument: ${unknown}`,
    );
  }
  const { positionals, tokens } = parsed;
  const wanted = command.positionals.map(({ name }) => name);
  if (positionals.length < wanted.length) return usage(`${wanted[positionals.length]} is missing`);
  if (positionals.length > wanted.length) return usage(`too many words: ${positionals[wanted.length]}`);

  const empty = command.positionals.find(({ content }, i) => content === "file" && positionals[i] === "");
  if (empty !== undefined) return usage(`${empty.name} is empty`);

  const given = tokens.flatMap((token) => (token.kind === "option" ? [token] : []));
  for (const [name, { choices, required, several, content }] of Object.entries(command.options)) {
    const values = given.filter((token) => token.name === name || `no-${token.name}` === name);
    if (required && values.length === 0) return usage(`--${name} is missing`);
    if (!several && values.length > 1) return usage(`--${name} is given more than once`);
    if (content === "file" && values.some(({ value }) => value === "")) return usage(`--${name} is empty`);
    const odd = values.find(({ value }) => choices && !choices.includes(value ?? ""));
    if (odd !== undefined) return usage(`--${name} ${odd.value}: ${choices?.join(", ")} are known`);
  }
  const ordered = given.flatMap(({ name, value }) => (value === undefined ? [] : [{ name, value }]));
  const flags = Object.keys(command.options).filter((name) =>
    given.some((token) => token.name === name && token.value === undefined),
  );
  return ok({
    positional: (name) => positionals[wanted.indexOf(name)] ?? "",
    value: (name) => ordered.find((option) => option.name === name)?.value,
    flag: (name) => flags.includes(name),
    ordered,
    flags,
  });
}

function parse(
  words: readonly string[],
  options: Record<string, { type: "string" | "boolean"; multiple: true; short?: string }>,
) {
  return parseArgs({ args: [...words], options, allowPositionals: true, strict: true, tokens: true });
}

/** Tells yargs of a command, for help alone. */
export function helpOf(parser: Argv, command: CommandWords, handler: () => void = () => undefined): Argv {
  const places = command.positionals.map(({ name }) => `<${name}>`);
  return parser.command(
    [command.name, ...places].join(" "),
    command.describe,
    (described) => {
      for (const { name, describe } of command.positionals)
        described.positional(name, { describe, type: "string" });
      for (const [name, { type, alias, describe, choices, required }] of Object.entries(command.options)) {
        described.option(name, {
          type,
          describe,
          ...(alias === undefined ? {} : { alias }),
          ...(choices === undefined ? {} : { choices }),
          ...(required === undefined ? {} : { demandOption: required }),
        });
      }
      return described;
    },
    handler,
  );
}

function usage(detail: string): Result<never> {
  return err({ reason: "usage", detail });
}
