import { type DescribedCommand, firstWords } from "#commands/described.ts";
import { STATUSES } from "#commands/help/exit-statuses.ts";
import { TOPICS } from "#commands/help/topics.ts";
import type { CommandRow, OptionRow, PositionalRow } from "#grammar/rows.ts";

/** When the pages' words were last looked through: the same text comes of the same table. */
const DATE = "November 30, 2026";

/** Columns of a line of text. */
const WIDTH = 74;
const LINES = new RegExp(`\\S.{0,${WIDTH - 2}}(?=\\s|$)`, "g");

/** `kexec-bpf-pack-uki` */
export function pageName(names: readonly string[]): string {
  return ["kexec-bpf", ...names].join("-");
}

/** The page of one command, in mdoc(7). */
export function commandPage({ names, row }: DescribedCommand): string {
  const name = pageName(names);
  return page(name, row.describe, [
    ".Sh SYNOPSIS",
    `.Nm kexec-bpf ${names.join(" ")}`,
    ...synopsis(row),
    ".Sh DESCRIPTION",
    text(`${capital(row.describe)}.`),
    ...listed(
      Object.entries(row.positionals).map(([place, positional]) => [
        `.It Ar ${place}`,
        ...about(positional, place),
      ]),
    ),
    ...listed(
      Object.entries(row.options).map(([option, known]) => [
        `.It ${flags(option, known).join(" , ")}`,
        ...about(known, option),
      ]),
      "The options are:",
    ),
    ...(row.epilogue === undefined ? [] : [".Bd -literal", text(row.epilogue), ".Ed"]),
    ...exitStatus(),
    ".Sh SEE ALSO",
    ".Xr kexec-bpf 1",
  ]);
}

/** The page of the program, which names all others. */
export function programPage(
  commands: readonly DescribedCommand[],
  groups: Readonly<Record<string, string>>,
): string {
  const pages = commands.map(({ names }) => pageName(names)).sort();
  return page("kexec-bpf", "build and prove BPF programs that take kernel images apart", [
    ".Sh SYNOPSIS",
    ".Nm",
    ".Ar command",
    ".Op Ar options",
    ".Sh DESCRIPTION",
    "Builds the BPF programs that take kernel images apart for kexec.",
    "The commands are:",
    ...listed(
      [...firstWords(commands, groups)].map(([name, describe]) => [`.It Cm ${name}`, text(describe)]),
    ),
    ".Sh TOPICS",
    "What",
    ".Nm Cm help Ar topic",
    "prints:",
    ...Object.entries(TOPICS).flatMap(([name, topic]) => [
      `.Ss ${name}`,
      text(`${capital(topic.describe)}.`),
      ".Bd -literal",
      text(topic.text.trimEnd()),
      ".Ed",
    ]),
    ...exitStatus(),
    ".Sh SEE ALSO",
    ...pages.map((name, at) => `.Xr ${name} 1${at + 1 < pages.length ? " ," : ""}`),
  ]);
}

function page(name: string, about: string, body: readonly string[]): string {
  return `${[
    '.\\" SPDX-License-Identifier: MIT',
    '.\\" Made from the table of commands by kexec-bpf manual.',
    `.Dd ${DATE}`,
    `.Dt ${name.toUpperCase()} 1`,
    ".Os",
    ".Sh NAME",
    `.Nm ${name}`,
    `.Nd ${text(about)}`,
    ...body,
  ]
    .flatMap((line) => line.split("\n"))
    .join("\n")}\n`;
}

function synopsis(row: CommandRow): readonly string[] {
  const options = Object.entries(row.options).map(([name, option]) => {
    const flag = flags(name, option)[0] ?? "";
    return option.type !== "flag" && option.required ? `.${flag}` : `.Op ${flag}`;
  });
  const places = Object.entries(row.positionals).map(([name, { required, repeatable }]) => {
    const many = repeatable ? " ..." : "";
    return required ? `.Ar ${name}${many}` : `.Op Ar ${name}${many}`;
  });
  return [...options, ...places];
}

/** `Fl -output Ar output`, and the same by its letter. */
function flags(name: string, row: OptionRow): readonly string[] {
  const value = row.type === "flag" ? "" : ` Ar ${row.type}`;
  return [`Fl -${name}${value}`, ...(row.alias === undefined ? [] : [`Fl ${row.alias}${value}`])];
}

function about(row: OptionRow | PositionalRow, name: string): readonly string[] {
  const said = [`${capital(row.describe ?? name)}.`];
  if ("choices" in row && row.choices !== undefined) said.push(`One of ${row.choices.join(", ")}.`);
  // What a machine has, such as its processors, is not the same in all of them.
  if ("defaultDescription" in row) said.push(`Default: ${row.defaultDescription}.`);
  else if (typeof row.default === "string" && row.default !== "") said.push(`Default: ${row.default}.`);
  return said.map(text);
}

function listed(items: readonly (readonly string[])[], lead?: string): readonly string[] {
  if (items.length === 0) return [];
  return [...(lead === undefined ? [] : [".Pp", lead]), ".Bl -tag -width Ds", ...items.flat(), ".El"];
}

function exitStatus(): readonly string[] {
  return [
    ".Sh EXIT STATUS",
    ".Bl -tag -width Ds",
    ...STATUSES.flatMap(([status, meaning]) => [`.It ${status}`, meaning]),
    ".El",
  ];
}

/** Text that troff takes as it stands. */
function text(words: string): string {
  return wrapped(words.replaceAll("\\", "\\e").replaceAll("--", "\\-\\-")).replace(/^(['.])/gm, "\\&$1");
}

/** Lines as long as mandoc likes them; one that is short enough keeps its blanks. */
function wrapped(words: string): string {
  return words
    .split("\n")
    .flatMap((line) => (line.length <= WIDTH ? [line] : (line.match(LINES) ?? [line])))
    .join("\n");
}

/** Not of a name such as arm64. */
function capital(words: string): string {
  if (!/^[a-z]+\b/.test(words)) return words;
  return words.charAt(0).toUpperCase() + words.slice(1);
}
