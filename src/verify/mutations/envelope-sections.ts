import type { ElfLayout, ElfRow } from "./elf-layout.ts";
import { INT_MAX, setNumber, U64_MAX, UINT_MAX, withNumber } from "./field.ts";
import { changed, type Draft, type Expected, harmless, refused, sentBytes } from "./mutation.ts";

const ROW = 64;
const ZBOOT_HEADER = 64n;
const PARTS: readonly string[] = [".kernel", ".initrd", ".cmdline"];
const NO_BYTES = new Uint8Array(0);

/** The sizes, places, types and names that are tried with each of an envelope's parts. */
export function envelopeSectionMutations(image: Uint8Array, layout: ElfLayout): readonly Draft[] {
  return layout.rows.flatMap((row, index) =>
    PARTS.includes(row.name) ? partMutations(image, layout, row, index) : [],
  );
}

function partMutations(image: Uint8Array, layout: ElfLayout, row: ElfRow, index: number): readonly Draft[] {
  const at = layout.tableAt + index * ROW;
  const section = `section header ${index}`;
  const name = row.name.slice(1);
  const size = BigInt(image.length);
  const names = layout.rows[layout.namesIndex]?.size ?? 0n;
  const tried = (title: string, change: Partial<ElfRow>): Draft => {
    const made = { ...row, ...change };
    return [
      `${name}-${title}`,
      expected(image, layout, row, made, section),
      () => {
        const copy = image.slice();
        setNumber(copy, at + 0x18, 8, made.offset);
        setNumber(copy, at + 0x20, 8, made.size);
        return copy;
      },
    ];
  };
  return [
    tried("empty", { size: 0n }),
    tried("empty-and-outside", { size: 0n, offset: U64_MAX }),
    tried("of-1", { size: 1n }),
    tried("of-3", { size: 3n }),
    tried("of-63", { size: 63n }),
    tried("to-the-end-and-1", { size: size - row.offset + 1n }),
    tried("of-int-max", { size: INT_MAX }),
    tried("of-uint-max", { size: UINT_MAX }),
    tried("of-2-32-more", { size: row.size + 2n ** 32n }),
    tried("of-2-63", { size: 2n ** 63n }),
    tried("of-u64-max", { size: U64_MAX }),
    tried("at-the-end", { offset: size }),
    tried("at-int-max", { offset: INT_MAX }),
    tried("at-uint-max", { offset: UINT_MAX }),
    tried("at-2-32-more", { offset: row.offset + 2n ** 32n }),
    tried("at-2-53", { offset: 2n ** 53n }),
    tried("wraps-in-32-bits", { offset: UINT_MAX, size: row.offset + row.size }),
    tried("wraps-in-64-bits", { offset: U64_MAX - row.size + 2n }),
    tried("wraps-to-its-own-end", { offset: U64_MAX - 7n, size: row.offset + row.size + 8n }),
    ...[0n, 2n, 8n, 0x101n].map(
      (type): Draft => [
        `${name}-of-type-${type}`,
        refused("has type", section),
        () => withNumber(image, { at: at + 4, width: 4 }, type),
      ],
    ),
    ...[names, UINT_MAX].map(
      (value): Draft => [
        `${name}-name-at-${value === UINT_MAX ? "uint-max" : "the-end-of-the-names"}`,
        refused(`sh_name ${value}`, section),
        () => withNumber(image, { at, width: 4 }, value),
      ],
    ),
  ];
}

function expected(
  image: Uint8Array,
  { kernel }: ElfLayout,
  good: ElfRow,
  made: ElfRow,
  section: string,
): Expected {
  if (made.size > 0n && made.offset + made.size > BigInt(image.length)) return refused("bytes at", section);
  if (made.name !== ".kernel") {
    const bytes = ({ offset, size }: ElfRow) =>
      sentBytes(made.name, size === 0n ? NO_BYTES : image.subarray(Number(offset), Number(offset + size)));
    if (bytes(made).equals(bytes(good))) return harmless("the same bytes are sent");
    if (made.size > 0n) return changed("the part is another run of bytes");
    return changed(
      made.name === ".cmdline" ? "an empty command line is one NUL" : "an empty initrd is left out",
    );
  }
  if (made.size < ZBOOT_HEADER) return refused("64 bytes wanted", "DOS header");
  const payload = BigInt((kernel?.payload.offset ?? 0) + (kernel?.payload.size ?? 0));
  return made.size < payload
    ? refused("bytes at", "DOS header")
    : harmless("the payload lies inside of .kernel still");
}
