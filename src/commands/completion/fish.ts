import { type DescribedCommand, firstWords, valuesOf } from "#commands/described.ts";
import { HELP, TOPICS } from "#commands/help/topics.ts";
import type { OptionRow, PositionalRow } from "#grammar/rows.ts";

/** A script for fish, made of the commands' rows. */
export function fishScript(
  commands: readonly DescribedCommand[],
  groups: Readonly<Record<string, string>>,
): string {
  const first = [...firstWords(commands, groups)];
  const lines = [...first, ["help", HELP] as const].map(([name, describe]) =>
    line("__fish_use_subcommand", `-f -a ${name}`, describe),
  );
  const topics = Object.entries(TOPICS).map(([name, { describe }]) => [name, describe] as const);
  const helped = [...first, ...topics].map(([name, describe]) =>
    line(isAt(["help"], "just"), `-f -a ${name}`, describe),
  );
  const actions = commands.flatMap(({ names: [first = "", action], row }) =>
    action === undefined ? [] : [line(isAt([first], "just"), `-f -a ${action}`, row.describe)],
  );
  return `# fish completion for kexec-bpf, made from its table of commands
function __kexec_bpf_at
    set -l words (commandline -opc)
    set -l last (math (count $argv) + 1)
    test (count $words) -ge $last; and test "$words[2..$last]" = "$argv"
end
function __kexec_bpf_just
    set -l words (commandline -opc)
    test (count $words) -gt 1; and test "$words[2..-1]" = "$argv"
end
${[...lines, ...helped, ...actions, ...commands.flatMap(commandLines)].join("\n")}
`;
}

function commandLines({ names, row }: DescribedCommand): readonly string[] {
  const condition = isAt(names, "at");
  return [
    ...Object.entries(row.options).map(([name, option]) =>
      line(
        condition,
        `-l ${name}${option.alias === undefined ? "" : ` -s ${option.alias}`}${valueWords(option)}`,
        option.describe ?? name,
      ),
    ),
    ...Object.entries(row.positionals).flatMap(([name, positional]) => {
      const words = choiceWords(positional);
      return words === "" ? [] : [line(condition, `-f${words}`, positional.describe ?? name)];
    }),
  ];
}

function valueWords(row: OptionRow): string {
  if (row.type === "flag") return "";
  const values = valuesOf(row);
  if (values.kind === "choices") return `${values.orFile ? " -r -F" : " -x"}${choiceWords(row)}`;
  if (values.kind === "folders") return " -x -a '(__fish_complete_directories)'";
  return values.kind === "files" ? " -r -F" : " -x";
}

function choiceWords(row: OptionRow | PositionalRow): string {
  const values = valuesOf(row);
  return values.kind === "choices" ? ` -a '${values.choices.join(" ")}'` : "";
}

function isAt(names: readonly string[], how: "at" | "just"): string {
  return `__kexec_bpf_${how} ${names.join(" ")}`;
}

function line(condition: string, words: string, describe: string): string {
  return `complete -c kexec-bpf -n '${condition}' ${words} -d '${describe.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
