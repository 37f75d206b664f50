import type { CommandRow, OptionRow, PositionalRow } from "#grammar/rows.ts";

/** A command as manual pages and completions have it: its words (`pack`, `uki`) and its rows. */
export type DescribedCommand = { readonly names: readonly string[]; readonly row: CommandRow };

/** What may stand where a value is expected. */
export type Values =
  /** `orFile`: or a file, as where a module may be named. */
  | { readonly kind: "choices"; readonly choices: readonly string[]; readonly orFile: boolean }
  | { readonly kind: "files" | "folders" | "any" };

export function valuesOf(row: OptionRow | PositionalRow): Values {
  if ("choices" in row && row.choices !== undefined) {
    const orFile = "orModule" in row && row.orModule === true;
    return { kind: "choices", choices: row.choices, orFile };
  }
  switch (row.type) {
    case "path":
    case "name":
    case "output":
    case "key":
      return { kind: "files" };
    case "folder":
      return { kind: "folders" };
    default:
      return { kind: "any" };
  }
}

/** The first words of commands, each with what help says of it; those of groups once. */
export function firstWords(
  commands: readonly DescribedCommand[],
  groups: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  return new Map(
    commands.map(({ names: [first = ""], row }) => [first, groups[first] ?? row.describe] as const),
  );
}
