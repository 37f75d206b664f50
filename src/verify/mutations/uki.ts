import { INT_MAX, UINT_MAX, withNumber } from "./field.ts";
import { cuts, type Draft, type Expected, grown, harmless, refused } from "./mutation.ts";
import type { PeLayout } from "./pe-layout.ts";
import { type UsedRow, ukiPartMutations, usedRows } from "./uki-parts.ts";
import { ukiTableMutations } from "./uki-table.ts";

const PE_HEADER = 26;
const ROW = 40;

/** What is tried with a UKI. */
export function ukiMutations(image: Uint8Array, layout: PeLayout): readonly Draft[] {
  const used = usedRows(layout.rows);
  return [
    ...headerMutations(image, layout),
    ...cuts(image, layout.headersEnd, (length) => cutExpected(length, layout)),
    ...lastByte(image, used),
    ["bytes-behind-the-end", harmless("nothing says how long a file is"), () => grown(image, 5)],
    ...[...used.values()].flatMap((row) => ukiPartMutations(image, layout, row)),
    ...ukiTableMutations(image, layout),
  ];
}

function cutExpected(length: number, { signatureAt }: PeLayout): Expected {
  if (length < 0x40) return refused("bytes wanted", "DOS header");
  if (length < signatureAt + PE_HEADER) return refused("leaves no PE header", "DOS header");
  return refused("section headers at", "PE header");
}

/** Cuts the last byte that belongs to a part. */
function lastByte(image: Uint8Array, used: ReadonlyMap<string, UsedRow>): readonly Draft[] {
  const ends = [...used.values()].map(({ row, size }) => (size === 0 ? 0 : row.rawOffset + size));
  const end = Math.max(...ends);
  if (end <= 0) return [];
  return [["cut-in-a-part", refused("bytes at"), () => image.slice(0, end - 1)]];
}

function headerMutations(image: Uint8Array, layout: PeLayout): readonly Draft[] {
  const { signatureAt, tableAt, rows } = layout;
  const set = (at: number, width: 1 | 2 | 4, value: number | bigint) => () =>
    withNumber(image, { at, width }, BigInt(value));
  const outside = refused("leaves no PE header", "DOS header");
  const noSection = refused("section headers at", "PE header");
  const starts: readonly (readonly [string, bigint])[] = [
    ["at-the-end", BigInt(image.length)],
    ["one-byte-too-late", BigInt(image.length - PE_HEADER + 1)],
    ["at-int-max", INT_MAX],
    ["at-uint-max", UINT_MAX],
    ["wraps-to-the-start", UINT_MAX - 1n],
  ];
  const magic = image[signatureAt + 24] === 0x0b && image[signatureAt + 25] === 0x01 ? 0x20b : 0x10b;
  const drafts: Draft[] = [
    ...[0, 1].map((i): Draft => [`no-mz-${i}`, refused("no MZ magic", "DOS header"), set(i, 1, 0)]),
    ...[0, 1, 2, 3].map(
      (i): Draft => [
        `no-pe-signature-${i}`,
        refused("no PE signature", "PE header"),
        set(signatureAt + i, 1, 0x21),
      ],
    ),
    ...starts.map(([name, value]): Draft => [`e-lfanew-${name}`, outside, set(0x3c, 4, value)]),
    ["e-lfanew-0", refused("no PE signature", "PE header"), set(0x3c, 4, 0)],
    ["number-of-sections-0", refused("NumberOfSections is 0", "PE header"), set(signatureAt + 6, 2, 0)],
    ...[0x7fff, 0xffff]
      .filter((count) => tableAt + count * ROW > image.length)
      .map((count): Draft => [`number-of-sections-${count}`, noSection, set(signatureAt + 6, 2, count)]),
    [
      "optional-header-of-rom",
      refused("optional header magic", "PE header"),
      set(signatureAt + 24, 2, 0x107),
    ],
    [
      "optional-header-of-the-other-width",
      harmless("PE32 and PE32+ have their section tables in the same place"),
      set(signatureAt + 24, 2, magic),
    ],
    [
      "machine-unknown",
      harmless("whether the kernel fits the machine is the kernel's business"),
      set(signatureAt + 4, 2, 0xffff),
    ],
    [
      "optional-header-all-ones",
      harmless("alignments, directories and checksums say nothing of the parts"),
      () => image.slice().fill(0xff, Math.min(signatureAt + PE_HEADER, tableAt), tableAt),
    ],
  ];
  const longest = signatureAt + 24 + 0xffff + rows.length * ROW;
  if (longest > image.length) {
    drafts.push(["optional-header-of-65535", noSection, set(signatureAt + 20, 2, 0xffff)]);
  }
  return drafts;
}
