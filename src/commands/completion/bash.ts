import { type DescribedCommand, firstWords, type Values, valuesOf } from "#commands/described.ts";
import { TOPICS } from "#commands/help/topics.ts";

/** A script for bash: a function for `complete -F`, made of the commands' rows. */
export function bashScript(commands: readonly DescribedCommand[]): string {
  const first = [...firstWords(commands, {}).keys()];
  const groups = first.flatMap((name) => {
    const actions = commands.filter(({ names }) => names[0] === name).flatMap(({ names }) => names.slice(1));
    return actions.length === 0 ? [] : [{ name, actions }];
  });
  return `# bash completion for kexec-bpf, made from its table of commands
_kexec_bpf() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]}
  COMPREPLY=()
  # --option=value is three words to bash.
  if [[ $cur == "=" ]]; then cur=
  elif [[ $prev == "=" ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  if (( COMP_CWORD == 1 )); then
    COMPREPLY=($(compgen -W "${first.join(" ")} help --help --version" -- "$cur"))
    return
  fi
  case $command in
${groups.map(({ name, actions }) => `    ${name}) if (( COMP_CWORD == 2 )); then COMPREPLY=($(compgen -W "${actions.join(" ")}" -- "$cur")); return; fi; command+=" \${COMP_WORDS[2]}" ;;`).join("\n")}
    help) COMPREPLY=($(compgen -W "${[...first, ...Object.keys(TOPICS)].join(" ")}" -- "$cur")); return ;;
  esac
  case "$command $prev" in
${commands.flatMap(valueCases).join("\n")}
  esac
  case $command in
${commands.map(commandCase).join("\n")}
  esac
}
complete -o filenames -F _kexec_bpf kexec-bpf
`;
}

/** What follows an option that has a value. */
function valueCases({ names, row }: DescribedCommand): readonly string[] {
  return Object.entries(row.options).flatMap(([name, option]) => {
    if (option.type === "flag") return [];
    const words = [`--${name}`, ...(option.alias === undefined ? [] : [`-${option.alias}`])];
    const patterns = words.map((word) => `"${names.join(" ")} ${word}"`).join("|");
    return [`    ${patterns}) ${reply(valuesOf(option))}return ;;`];
  });
}

function commandCase({ names, row }: DescribedCommand): string {
  const options = [...Object.keys(row.options).map((name) => `--${name}`), "--help"].join(" ");
  const kinds = Object.values(row.positionals).map(valuesOf);
  const choices = kinds.flatMap((values) => (values.kind === "choices" ? values.choices : []));
  const files = kinds.some(({ kind }) => kind !== "choices") ? reply({ kind: "files" }) : "";
  const words = choices.length === 0 ? "" : reply({ kind: "choices", choices, orFile: false });
  const position = words === "" ? files : words;
  return `    "${names.join(" ")}") if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "${options}" -- "$cur")); else ${position}:; fi ;;`;
}

function reply(values: Values): string {
  switch (values.kind) {
    case "choices":
      return values.orFile
        ? `mapfile -t COMPREPLY < <(compgen -f -W "${values.choices.join(" ")}" -- "$cur"); `
        : `COMPREPLY=($(compgen -W "${values.choices.join(" ")}" -- "$cur")); `;
    case "files":
      return 'mapfile -t COMPREPLY < <(compgen -f -- "$cur"); ';
    case "folders":
      return 'mapfile -t COMPREPLY < <(compgen -d -- "$cur"); ';
    default:
      return "";
  }
}
