import { UINT_MAX } from "./field.ts";
import { changed, type Draft, type Expected, harmless, refused } from "./mutation.ts";
import { type PeLayout, type PeRow, withPeRows } from "./pe-layout.ts";
import { type UsedRow, usedRows } from "./uki-parts.ts";

/** More than tools once scanned, and as many as ukify has been seen to reserve; a file may have more than the first. */
const MANY_SECTIONS: readonly number[] = [97, 2000];
const NOWHERE = Number(UINT_MAX);
const EMPTY_LINUX = refused("profile @0 has an empty .linux", "section table");
const NO_LINUX = refused("profile @0 has no .linux", "section table");

/** A draft whose file has these rows as its section table. */
type Tabled = (title: string, expected: Expected, rows: readonly PeRow[]) => Draft;

/** What is tried with the section table: names, order, number, profiles. The table is rewritten behind the file's end. */
export function ukiTableMutations(image: Uint8Array, layout: PeLayout): readonly Draft[] {
  const { rows } = layout;
  const used = usedRows(rows);
  const linux = used.get(".linux")?.row;
  if (linux === undefined) return [];
  const tabled: Tabled = (title, expected, made) => [title, expected, () => withPeRows(image, layout, made)];
  // Two bytes of the file's start.
  const other: PeRow = { ...linux, name: ".other", virtualSize: 2, rawSize: 2, rawOffset: 0 };
  return [
    tabled("headers-behind-the-sections", harmless("a PE header may be anywhere in the file"), rows),
    [
      "section-table-cut",
      refused("section headers at", "PE header"),
      () => withPeRows(image, layout, rows).slice(0, -1),
    ],
    ...numberMutations(rows, tabled),
    ...[...used.values()].flatMap((part) => [
      ...secondRowMutations(rows, part, { ...other, name: part.row.name }, tabled),
      ...lostPartMutations(rows, part, tabled),
    ]),
    ...profileMutations(rows, linux, { ...other, name: ".cmdline" }, tabled),
  ];
}

/** Many sections, none, and one that no parser uses. */
function numberMutations(rows: readonly PeRow[], tabled: Tabled): readonly Draft[] {
  const unused: PeRow = { name: ".sbat", virtualSize: NOWHERE, rawSize: NOWHERE, rawOffset: NOWHERE };
  const padded = (count: number) => [...Array<PeRow>(count - rows.length).fill(unused), ...rows];
  return [
    tabled("unused-section-outside", harmless("only the sections used are looked at"), [unused, ...rows]),
    ...MANY_SECTIONS.filter((count) => count > rows.length).map((count) =>
      tabled(`sections-${count}`, harmless("that many there may be"), padded(count)),
    ),
    tabled("no-sections", refused("NumberOfSections is 0", "PE header"), []),
  ];
}

/** Another section of a part's name: behind the part, before it, and in its place. */
function secondRowMutations(
  rows: readonly PeRow[],
  { index, row }: UsedRow,
  other: PeRow,
  tabled: Tabled,
): readonly Draft[] {
  const title = row.name.slice(1);
  const inserted = (place: number) => [...rows.slice(0, place), other, ...rows.slice(place)];
  return [
    tabled(`${title}-twice`, harmless("the first section of a name counts"), inserted(index + 1)),
    tabled(`${title}-another-before-it`, changed("the first section of a name counts"), inserted(index)),
    tabled(`${title}-overlaps-the-headers`, changed("sections may overlap"), rows.with(index, other)),
  ];
}

/** A part that is not there, or goes by another name. Where the base has the part too, another one would come to light. */
function lostPartMutations(
  rows: readonly PeRow[],
  { index, row }: UsedRow,
  tabled: Tabled,
): readonly Draft[] {
  const { name } = row;
  if (rows.filter((one) => one.name === name).length > 1) return [];
  const title = name.slice(1);
  const missing = name === ".linux" ? NO_LINUX : changed("the part is not there");
  const renamed = (how: string, to: string) =>
    tabled(`${title}-${how}`, missing, rows.with(index, { ...row, name: to }));
  return [
    tabled(`${title}-missing`, missing, rows.toSpliced(index, 1)),
    renamed("renamed-to-a-prefix", name.slice(0, -1)),
    renamed("in-capitals", name.toUpperCase()),
    renamed("without-its-dot", title),
    renamed("another-last-character", `${name.padEnd(8, "\0").slice(0, 7)}2`),
  ];
}

/** Profiles, in a file that has none. */
function profileMutations(
  rows: readonly PeRow[],
  linux: PeRow,
  unlike: PeRow,
  tabled: Tabled,
): readonly Draft[] {
  if (rows.some(({ name }) => name === ".profile")) return [];
  const profile: PeRow = { name: ".profile", virtualSize: 0, rawSize: 0, rawOffset: 0 };
  const emptied: PeRow = { ...linux, virtualSize: 0 };
  const second = [...rows, profile, profile, unlike];
  return [
    tabled("profile-overrides", changed("profile @0 goes over the base"), [...rows, profile, unlike]),
    tabled("profile-empties-linux", EMPTY_LINUX, [...rows, profile, emptied]),
    tabled("second-profile-overrides", harmless("only profile @0 is used"), second),
    tabled("linux-in-the-second-profile", NO_LINUX, [profile, profile, ...rows]),
    tabled("all-in-profile-0", harmless("a base may be empty"), [profile, ...rows]),
    tabled("order-reversed", harmless("the stream's order does not follow the file's"), rows.toReversed()),
  ];
}
