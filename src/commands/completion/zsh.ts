import { type DescribedCommand, firstWords, valuesOf } from "#commands/described.ts";
import { HELP, TOPICS } from "#commands/help/topics.ts";
import type { OptionRow, PositionalRow } from "#grammar/rows.ts";

/** A script for zsh, made of the commands' rows: to be sourced, or a file `_kexec-bpf` in `fpath`. */
export function zshScript(
  commands: readonly DescribedCommand[],
  groups: Readonly<Record<string, string>>,
): string {
  const entries = [...firstWords(commands, groups)].map(wordOf);
  const first = [...entries, wordOf(["help", HELP])];
  const topics = [
    ...entries,
    ...Object.entries(TOPICS).map(([name, { describe }]) => wordOf([name, describe])),
  ];
  const cases = commands.map(({ names, row }) => {
    const specs = [
      ...Object.entries(row.options).flatMap(optionSpecs),
      ...Object.entries(row.positionals).map(positionalSpec),
    ];
    const pattern = names.join(" ");
    return `    (${quoted(pattern)}) _arguments -s ${specs.join(" ")} ;;`;
  });
  const actions = Object.keys(groups).map((name) => {
    const words = commands
      .filter(({ names }) => names[0] === name)
      .map(({ names: [, action = ""], row }) => quoted(`${action}:${row.describe}`));
    return `    (${name}) if (( CURRENT == 3 )); then known=(${words.join(" ")}); _describe action known; return; fi; command+=" $words[3]"; skip=2 ;;`;
  });
  return `#compdef kexec-bpf
# zsh completion for kexec-bpf, made from its table of commands
_kexec_bpf_or_file() { _alternative "names:name:($*)" "files:file:_files" }
_kexec-bpf() {
  local -a known
  local command=$words[2] skip=1
  if (( CURRENT == 2 )); then
    known=(${first.join(" ")})
    _describe command known
    return
  fi
  case $command in
    (help) if (( CURRENT == 3 )); then known=(${topics.join(" ")}); _describe topic known; fi; return ;;
${actions.join("\n")}
  esac
  shift $skip words
  (( CURRENT -= skip ))
  case $command in
${cases.join("\n")}
  esac
}
if [[ $funcstack[1] == _kexec-bpf ]]; then _kexec-bpf "$@"; else compdef _kexec-bpf kexec-bpf; fi
`;
}

function wordOf([name, describe]: readonly [string, string]): string {
  return quoted(`${name}:${describe}`);
}

function optionSpecs([name, row]: readonly [string, OptionRow]): readonly string[] {
  const many = row.type !== "flag" && row.repeatable ? "*" : "";
  const value = row.type === "flag" ? "" : `:${name}:${action(row)}`;
  const text = bracketed(row.describe ?? name);
  const long = quoted(`${many}--${name}${row.type === "flag" ? "" : "="}[${text}]${value}`);
  return row.alias === undefined
    ? [long]
    : [long, quoted(`${many}-${row.alias}${row.type === "flag" ? "" : "+"}[${text}]${value}`)];
}

function positionalSpec([name, row]: readonly [string, PositionalRow]): string {
  return quoted(`${row.repeatable ? "*" : row.required ? "" : ":"}:${name}:${action(row)}`);
}

function action(row: OptionRow | PositionalRow): string {
  const values = valuesOf(row);
  switch (values.kind) {
    case "choices":
      // With the blank it is called as it stands.
      return values.orFile
        ? ` _kexec_bpf_or_file ${values.choices.join(" ")}`
        : `(${values.choices.join(" ")})`;
    case "files":
      return "_files";
    case "folders":
      return "_files -/";
    default:
      return row.type === "word" && !("alias" in row) ? "_files" : " ";
  }
}

function bracketed(text: string): string {
  return text.replace(/[[\]:\\]/g, "\\$&");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
