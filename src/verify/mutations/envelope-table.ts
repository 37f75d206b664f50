import { type ElfLayout, type ElfRow, withElfRows } from "./elf-layout.ts";
import { U64_MAX } from "./field.ts";
import { changed, type Draft, type Expected, harmless, refused } from "./mutation.ts";

/** More than parsers once scanned. */
const MANY_SECTIONS = 2000;
const PARTS: readonly string[] = [".kernel", ".initrd", ".cmdline"];

/** A draft whose file has these rows between the empty one and the names. */
type Tabled = (title: string, expected: Expected, rows: readonly ElfRow[]) => Draft;

/** What is tried with names, number and order of sections. Names and table are rewritten behind the file's end. */
export function envelopeTableMutations(image: Uint8Array, { rows, namesIndex }: ElfLayout): readonly Draft[] {
  const [none, names] = [rows[0], rows[namesIndex]];
  if (none === undefined || names === undefined) return [];
  const sections = rows.filter((_, i) => i !== 0 && i !== namesIndex);
  const tabled: Tabled = (title, expected, made) => [
    title,
    expected,
    () => withElfRows(image, [none, ...made, names]),
  ];
  const unused: ElfRow = { name: ".note", type: 7n, offset: U64_MAX, size: U64_MAX };
  const padded = (count: number) => [...Array<ElfRow>(count - rows.length).fill(unused), ...sections];
  return [
    tabled("headers-behind-the-sections", harmless("a section table may be anywhere in the file"), sections),
    tabled("unused-section-outside", harmless("only the sections used are looked at"), [unused, ...sections]),
    tabled("sections-65", harmless("that many there may be"), padded(65)),
    tabled("sections-2000", harmless("that many there may be"), padded(MANY_SECTIONS)),
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
    ...sections.flatMap((row, i) =>
      PARTS.includes(row.name) ? partMutations(sections, i, row, tabled) : [],
    ),
  ];
}

/** A part twice, missing, under other names, and in the header's place. */
function partMutations(
  sections: readonly ElfRow[],
  index: number,
  row: ElfRow,
  tabled: Tabled,
): readonly Draft[] {
  const name = row.name.slice(1);
  const second = refused(`second section ${row.name}`);
  const isKernel = row.name === ".kernel";
  const missing = isKernel ? refused("no section .kernel", "file header") : changed("the part is not there");
  const renamed = (title: string, to: string) =>
    tabled(`${name}-renamed-to-${title}`, missing, sections.with(index, { ...row, name: to }));
  const atTheHeader = sections.with(index, { ...row, offset: 0n, size: 2n });
  return [
    tabled(`${name}-twice`, second, [...sections, row]),
    tabled(`${name}-twice-and-empty`, second, [...sections, { ...row, size: 0n }]),
    tabled(`${name}-missing`, missing, sections.toSpliced(index, 1)),
    renamed("a-prefix", row.name.slice(0, -1)),
    renamed("a-longer-name", `${row.name}2`),
    renamed("a-much-longer-name", `${row.name}.of-another-kind`),
    renamed("the-end-of-another", `my${row.name}`),
    renamed("capitals", row.name.toUpperCase()),
    ...(isKernel
      ? []
      : [tabled(`${name}-overlaps-the-header`, changed("sections may overlap"), atTheHeader)]),
  ];
}
