import { type ElfLayout, type ElfRow, withElfRows } from "./elf-layout.ts";
import { U64_MAX } from "./field.ts";
import { changed, type Draft, type Expected, harmless, refused } from "./mutation.ts";

const MOST_SECTIONS = 64;
const PARTS: readonly string[] = [".kernel", ".initrd", ".cmdline"];

/** What is tried with names, number and order of sections. Names and table are rewritten behind the file's end. */
export function envelopeTableMutations(image: Uint8Array, { rows, namesIndex }: ElfLayout): readonly Draft[] {
  const [none, names] = [rows[0], rows[namesIndex]];
  if (none === undefined || names === undefined) return [];
  const sections = rows.filter((_, i) => i !== 0 && i !== namesIndex);
  const tabled = (title: string, expected: Expected, made: readonly ElfRow[]): Draft => [
    title,
    expected,
    () => withElfRows(image, [none, ...made, names]),
  ];
  const unused: ElfRow = { name: ".note", type: 7n, offset: U64_MAX, size: U64_MAX };
  const padding = Array.from({ length: MOST_SECTIONS - rows.length }, () => unused);
  const drafts: Draft[] = [
    tabled("headers-behind-the-sections", harmless("a section table may be anywhere in the file"), sections),
    tabled("unused-section-outside", harmless("only the sections used are looked at"), [unused, ...sections]),
    tabled("sections-64", harmless("that many there may be"), [...padding, ...sections]),
    tabled("sections-65", refused("e_shnum is 65", "file header"), [...padding, unused, ...sections]),
    tabled("no-sections", refused("no section .kernel", "file header"), []),
    tabled(
      "order-reversed",
      harmless("the stream's order does not follow the file's"),
      sections.toReversed(),
    ),
    [
      "section-table-cut",
      refused("section headers at", "file header"),
      () => withElfRows(image, [none, ...sections, names]).slice(0, -1),
    ],
  ];
  sections.forEach((row, i) => {
    if (!PARTS.includes(row.name)) return;
    const name = row.name.slice(1);
    const missing =
      row.name === ".kernel"
        ? refused("no section .kernel", "file header")
        : changed("the part is not there");
    const at = (made: ElfRow) => sections.map((one, index) => (index === i ? made : one));
    const renamed = (title: string, to: string) =>
      tabled(`${name}-renamed-to-${title}`, missing, at({ ...row, name: to }));
    drafts.push(
      tabled(`${name}-twice`, refused(`second section ${row.name}`), [...sections, row]),
      tabled(`${name}-twice-and-empty`, refused(`second section ${row.name}`), [
        ...sections,
        { ...row, size: 0n },
      ]),
      tabled(
        `${name}-missing`,
        missing,
        sections.filter((one) => one !== row),
      ),
      renamed("a-prefix", row.name.slice(0, -1)),
      renamed("a-longer-name", `${row.name}2`),
      renamed("a-much-longer-name", `${row.name}.of-another-kind`),
      renamed("the-end-of-another", `my${row.name}`),
      renamed("capitals", row.name.toUpperCase()),
    );
    if (row.name !== ".kernel") {
      drafts.push(
        tabled(
          `${name}-overlaps-the-header`,
          changed("sections may overlap"),
          at({ ...row, offset: 0n, size: 2n }),
        ),
      );
    }
  });
  return drafts;
}
