import type { Argv, Options, PositionalOptions } from "yargs";
import { VERSION } from "#api/common/version.ts";
import { HELP, TOPICS } from "#commands/help/topics.ts";
import type { CommandRow, OptionRow } from "#grammar/rows.ts";
import { type CommandEntry, isGroup } from "./command.ts";
import { COMMANDS } from "./table.ts";

/** The widest that help is, in columns. */
const WIDEST = 110;

class UsageProblem extends Error {}

export type Helped =
  /** Help. */
  | { readonly text: string }
  /** What is wrong with the words, with a suggestion where there is one. */
  | { readonly complaint: string };

/**
 * What yargs makes of the words by the rows: help, or what is wrong where no command is named. It carries nothing out.
 *
 * @param columns of the terminal
 */
export async function help(words: readonly string[], columns: number): Promise<Helped> {
  let parser = (await newParser())
    .usage("$0 <command> [options]\n\nBuilds the BPF programs that take kernel images apart for kexec.")
    .version(VERSION)
    .help()
    .alias("help", "h")
    .demandCommand(1, "a command is needed")
    .wrap(Math.min(WIDEST, columns));
  for (const [name, entry] of Object.entries(COMMANDS)) {
    parser = isGroup(entry)
      ? parser.command(`${name} <what>`, entry.describe, (group) =>
          Object.entries(entry.commands).reduce(
            (described, [action, { row }]) => describe(described, action, row),
            group,
          ),
        )
      : describeAsked(parser, name, entry, words);
  }
  parser = parser.command("help [topic..]", HELP);
  // A command's own epilogue takes its place.
  return answer(asksForAll(words) ? parser.epilogue(topicList()) : parser, words);
}

/** What is said where `help` is asked for something that it does not know, with the command or topic that may be meant. */
export async function unknownTopic(name: string): Promise<string> {
  const parser = Object.keys({ ...COMMANDS, ...TOPICS }).reduce(
    (known, one) => known.command(one, ""),
    await newParser(),
  );
  const said = await answer(parser, [name]);
  return "complaint" in said ? said.complaint : `Unknown topic: ${name}`;
}

async function newParser(): Promise<Argv> {
  const { default: yargs } = await import("yargs");
  return yargs()
    .scriptName("kexec-bpf")
    .strictCommands()
    .recommendCommands()
    .exitProcess(false)
    .fail((message: string | null) => {
      throw new UsageProblem(message ?? "unusable arguments");
    });
}

async function answer(parser: Argv, words: readonly string[]): Promise<Helped> {
  let text = "";
  try {
    await parser.parseAsync([...words], {}, (_error: unknown, _argv: unknown, output: string) => {
      text = output;
    });
  } catch (error) {
    if (!(error instanceof UsageProblem)) throw error;
    return { complaint: error.message };
  }
  return { text: text === "" ? "" : `${text}\n` };
}

/** Whether it is help of the program that is asked for, and not of a command. */
function asksForAll([first]: readonly string[]): boolean {
  return first === undefined || first.startsWith("-");
}

function topicList(): string {
  const rows = Object.entries(TOPICS).map(([name, { describe }]) => `  help ${name.padEnd(14)} ${describe}`);
  return ["Topics:", ...rows].join("\n");
}

/** For yargs a command has one form: where it is asked about, that of the words, and in the list all. */
function describeAsked(parser: Argv, name: string, entry: CommandEntry, words: readonly string[]): Argv {
  const others = Object.entries(entry.others ?? {});
  const [first, second] = words;
  const asked = first === name ? others.find(([action]) => action === second) : undefined;
  if (asked !== undefined) return describe(parser, `${name} ${asked[0]}`, asked[1].row);
  const plain = describe(parser, name, entry.row);
  if (first === name) return plain;
  return others.reduce((all, [action, { row }]) => describe(all, `${name} ${action}`, row), plain);
}

function describe(parser: Argv, name: string, row: CommandRow): Argv {
  const places = Object.entries(row.positionals).map(([place, { required, repeatable }]) => {
    const many = repeatable ? ".." : "";
    return required ? `<${place}${many}>` : `[${place}${many}]`;
  });
  return parser.command([name, ...places].join(" "), row.describe, (described) => {
    for (const [place, positional] of Object.entries(row.positionals))
      described.positional(place, yargsOption(positional) as PositionalOptions);
    for (const [option, known] of Object.entries(row.options)) described.option(option, yargsOption(known));
    return row.epilogue === undefined ? described : described.epilogue(row.epilogue);
  });
}

/** A row as yargs' help has it. */
function yargsOption(row: OptionRow): Options {
  const { describe, alias, default: preset } = row;
  const common = {
    ...(describe === undefined ? {} : { describe }),
    ...(alias === undefined ? {} : { alias }),
  };
  if (row.type === "flag") return { ...common, type: "boolean", default: preset ?? false };
  return {
    ...common,
    type: "string",
    ...(row.repeatable ? { array: true } : {}),
    ...(row.required ? { demandOption: true } : {}),
    ...("choices" in row && row.choices !== undefined ? { choices: row.choices } : {}),
    ...(preset === undefined ? {} : { default: preset }),
    ...("defaultDescription" in row ? { defaultDescription: row.defaultDescription } : {}),
  };
}
