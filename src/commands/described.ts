import type { CommandRow, OptionRow, PositionalRow } from "#grammar/rows.ts";

/** A command as manual pages and completions have it: its words (`pack`, `uki`) and its rows. */
export type DescribedCommand = { readonly names: readonly string[]; readonly row: CommandRow };

/** What may stand where a value is expected. */
export type Values =
  | { readonly kind: "choices"; readonly choices: readonly string[] }
  | { readonly kind: "files" | "folders" | "any" };

export function valuesOf(row: OptionRow | PositionalRow): Values {
  if ("choices" in row && row.choices !== undefined) return { kind: "choices", choices: row.choices };
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
