import { type ElfRow, withElfRows } from "#verify/mutations/elf-layout.ts";
import type { GoodFile } from "#verify/mutations/good-file.ts";
import { type PeRow, withPeRows } from "#verify/mutations/pe-layout.ts";
import type { Random } from "./random.ts";

/** Names that parsers look for, and such as look like them. */
export const NAMES: readonly string[] = [
  ".linux",
  ".initrd",
  ".cmdline",
  ".profile",
  ".kernel",
  ".shstrtab",
  ".linux2",
  ".linu",
  ".initrd2",
  ".initr",
  ".cmdlin",
  ".cmdline2",
  ".kernel.",
  ".profil",
  ".sbat",
  "",
];
const MOST_ROWS = 100;

/** The image with rows of its section table added, dropped, swapped, renamed; undefined for a file without a table. */
export function editTable(random: Random, file: GoodFile): Uint8Array | undefined {
  if (file.format === "uki") {
    const rows = edited(
      random,
      file.layout.rows,
      (row): PeRow => ({
        ...row,
        name: random.once(3) ? random.pick(NAMES).slice(0, 8) : row.name,
        rawSize: random.once(4) ? random.below(64) : row.rawSize,
        rawOffset: random.once(4) ? random.below(file.image.length) : row.rawOffset,
      }),
    );
    return withPeRows(file.image, file.layout, rows);
  }
  if (file.format !== "envelope") return undefined;
  const { rows, namesIndex } = file.layout;
  const [none, names] = [rows[0], rows[namesIndex]];
  if (none === undefined || names === undefined) return undefined;
  const sections = rows.filter((_, i) => i !== 0 && i !== namesIndex);
  const made = edited(
    random,
    sections,
    (row): ElfRow => ({
      ...row,
      name: random.once(3) ? random.pick(NAMES) : row.name,
      type: random.once(8) ? BigInt(random.below(9)) : row.type,
      size: random.once(4) ? BigInt(random.below(64)) : row.size,
      offset: random.once(4) ? BigInt(random.below(file.image.length)) : row.offset,
    }),
  );
  return withElfRows(file.image, [none, ...made, names]);
}

function edited<Row>(random: Random, rows: readonly Row[], changed: (row: Row) => Row): readonly Row[] {
  const made = [...rows];
  for (let times = 1 + random.below(3); times > 0 && made.length > 0; times--) {
    const at = random.below(made.length);
    const row = made[at] as Row;
    switch (random.below(5)) {
      case 0:
        made.splice(at, 1);
        break;
      case 1:
        made.splice(random.below(made.length + 1), 0, row);
        break;
      case 2: {
        const to = random.below(made.length);
        made[at] = made[to] as Row;
        made[to] = row;
        break;
      }
      case 3:
        // As many as a scan may have to go through, and a few more.
        if (random.once(8))
          made.unshift(
            ...Array.from({ length: random.below(Math.max(1, MOST_ROWS - made.length)) }, () => changed(row)),
          );
        else made.splice(at, 0, changed(row));
        break;
      default:
        made[at] = changed(row);
    }
  }
  return made.slice(0, MOST_ROWS);
}
