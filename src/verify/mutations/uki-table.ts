import { UINT_MAX } from "./field.ts";
import { changed, type Draft, type Expected, harmless, refused } from "./mutation.ts";
import { type PeLayout, type PeRow, withPeRows } from "./pe-layout.ts";
import { usedRows } from "./uki-parts.ts";

/** More than tools once scanned, and as many as ukify has been seen to reserve. */
const MANY_SECTIONS = 2000;
const NOWHERE = Number(UINT_MAX);
const EMPTY_LINUX = refused("profile @0 has an empty .linux", "section table");
const NO_LINUX = refused("profile @0 has no .linux", "section table");

/** What is tried with the section table: names, order, number, profiles. The table is rewritten behind the file's end. */
export function ukiTableMutations(image: Uint8Array, layout: PeLayout): readonly Draft[] {
  const { rows } = layout;
  const used = usedRows(rows);
  const linux = used.get(".linux");
  if (linux === undefined) return [];
  const tabled = (title: string, expected: Expected, made: readonly PeRow[]): Draft => [
    title,
    expected,
    () => withPeRows(image, layout, made),
  ];
  const first = { ...linux.row, name: ".other", virtualSize: 2, rawSize: 2, rawOffset: 0 };
  const unused: PeRow = { name: ".sbat", virtualSize: NOWHERE, rawSize: NOWHERE, rawOffset: NOWHERE };
  const padded = (count: number) => [...Array<PeRow>(count - rows.length).fill(unused), ...rows];
  const profile: PeRow = { name: ".profile", virtualSize: 0, rawSize: 0, rawOffset: 0 };
  const emptied: PeRow = { ...linux.row, virtualSize: 0 };

  const drafts: Draft[] = [
    tabled("headers-behind-the-sections", harmless("a PE header may be anywhere in the file"), rows),
    [
      "section-table-cut",
      refused("section headers at", "PE header"),
      () => withPeRows(image, layout, rows).slice(0, -1),
    ],
    tabled("unused-section-outside", harmless("only the sections used are looked at"), [unused, ...rows]),
    tabled("sections-97", harmless("that many there may be"), padded(97)),
    tabled("sections-2000", harmless("that many there may be"), padded(MANY_SECTIONS)),
    tabled("no-sections", refused("NumberOfSections is 0", "PE header"), []),
  ];
  for (const [name, { index, row }] of used) {
    const title = name.slice(1);
    const other: PeRow = { ...first, name };
    const missing = name === ".linux" ? NO_LINUX : changed("the part is not there");
    const at = (made: PeRow) => rows.map((one, i) => (i === index ? made : one));
    const inserted = (place: number, made: PeRow) => [...rows.slice(0, place), made, ...rows.slice(place)];
    const full = name.padEnd(8, "\0");
    drafts.push(
      tabled(`${title}-twice`, harmless("the first section of a name counts"), inserted(index + 1, other)),
      tabled(
        `${title}-another-before-it`,
        changed("the first section of a name counts"),
        inserted(index, other),
      ),
      tabled(
        `${title}-overlaps-the-headers`,
        changed("sections may overlap"),
        at({ ...other, name: row.name }),
      ),
    );
    // Where the base has the part too, another one comes to light.
    if (rows.filter((one) => one.name === name).length > 1) continue;
    drafts.push(
      tabled(
        `${title}-missing`,
        missing,
        rows.filter((_, i) => i !== index),
      ),
      tabled(`${title}-renamed-to-a-prefix`, missing, at({ ...row, name: name.slice(0, -1) })),
      tabled(`${title}-in-capitals`, missing, at({ ...row, name: name.toUpperCase() })),
      tabled(`${title}-without-its-dot`, missing, at({ ...row, name: title })),
      tabled(`${title}-another-last-character`, missing, at({ ...row, name: `${full.slice(0, 7)}2` })),
    );
  }
  if (!rows.some(({ name }) => name === ".profile")) {
    const unlike: PeRow = { ...first, name: ".cmdline" };
    drafts.push(
      tabled("profile-overrides", changed("profile @0 goes over the base"), [...rows, profile, unlike]),
      tabled("profile-empties-linux", EMPTY_LINUX, [...rows, profile, emptied]),
      tabled("second-profile-overrides", harmless("only profile @0 is used"), [
        ...rows,
        profile,
        profile,
        unlike,
      ]),
      tabled("linux-in-the-second-profile", NO_LINUX, [profile, profile, ...rows]),
      tabled("all-in-profile-0", harmless("a base may be empty"), [profile, ...rows]),
      tabled("order-reversed", harmless("the stream's order does not follow the file's"), rows.toReversed()),
    );
  }
  return drafts;
}
