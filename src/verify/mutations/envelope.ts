import type { ElfLayout } from "./elf-layout.ts";
import { envelopeSectionMutations } from "./envelope-sections.ts";
import { envelopeTableMutations } from "./envelope-table.ts";
import { U64_MAX, withNumber } from "./field.ts";
import { cuts, type Draft, type Expected, grown, harmless, refused } from "./mutation.ts";
import { zbootFieldMutations } from "./zboot.ts";

const ROW = 64;

/** What is tried with an ELF envelope. */
export function envelopeMutations(image: Uint8Array, layout: ElfLayout): readonly Draft[] {
  const { kernel } = layout;
  const inner = kernel === undefined ? [] : zbootFieldMutations(image, kernel);
  return [
    ...headerMutations(image, layout),
    ...cuts(image, layout.headersEnd, cutExpected),
    ["cut-by-a-byte", refused(), () => image.slice(0, -1)],
    ["bytes-behind-the-end", harmless("nothing says how long a file is"), () => grown(image, 5)],
    ...envelopeSectionMutations(image, layout),
    ...envelopeTableMutations(image, layout),
    ...inner.map(([name, expected, apply]): Draft => [`kernel-${name}`, expected, apply]),
  ];
}

function cutExpected(length: number): Expected {
  return length < ROW ? refused("64 bytes wanted") : refused("section headers at", "file header");
}

function headerMutations(image: Uint8Array, { rows, namesIndex, tableAt }: ElfLayout): readonly Draft[] {
  const header = (title: string, words: string, at: number, width: 1 | 2 | 8, value: bigint): Draft => [
    title,
    refused(words, "file header"),
    () => withNumber(image, { at, width }, value),
  ];
  const count = rows.length;
  const [size, table] = [BigInt(image.length), BigInt(count * ROW)];
  const shoffs: readonly (readonly [string, bigint])[] = [
    ["at-the-end", size],
    ["one-byte-too-late", size - table + 1n],
    ["at-2-53", 2n ** 53n],
    ["at-2-63", 2n ** 63n],
    ["wraps-in-64-bits", U64_MAX - table + 2n],
    ["at-u64-max", U64_MAX],
    ["plus-2-32", BigInt(tableAt) + 2n ** 32n],
  ];
  return [
    ...[0, 1, 2, 3].map(
      (i): Draft => [`no-elf-magic-${i}`, refused("magic"), () => withNumber(image, { at: i, width: 1 }, 0n)],
    ),
    ...[0, 1, 3, 255].map((n) => header(`class-${n}`, "must be ELF64", 4, 1, BigInt(n))),
    ...[0, 2, 255].map((n) => header(`data-${n}`, "must be little-endian", 5, 1, BigInt(n))),
    ...[0, 40, 63, 65, 0xffff].map((n) =>
      header(`e-shentsize-${n}`, `e_shentsize is ${n}`, 0x3a, 2, BigInt(n)),
    ),
    ...[0, 1, 0xff00, 0xffff].map((n) => header(`e-shnum-${n}`, `e_shnum is ${n}`, 0x3c, 2, BigInt(n))),
    ...[0, count, 0xff00, 0xffff].map((n) =>
      header(`e-shstrndx-${n}`, `e_shstrndx ${n} of`, 0x3e, 2, BigInt(n)),
    ),
    header("e-shnum-65279", "section headers at", 0x3c, 2, 0xfeffn),
    ...shoffs.map(([title, value]) => header(`e-shoff-${title}`, "section headers at", 0x28, 8, value)),
    [
      "type-version-machine-all-ones",
      harmless("an envelope is known by its sections"),
      () => image.slice().fill(0xff, 6, 0x28),
    ],
    [
      "null-section-named",
      harmless("the null section is none"),
      () => withNumber(image, { at: tableAt, width: 4 }, 0xffff_ffffn),
    ],
    ...nameTableMutations(image, tableAt + namesIndex * ROW, rows[namesIndex]),
  ];
}

function nameTableMutations(
  image: Uint8Array,
  at: number,
  names: ElfLayout["rows"][number] | undefined,
): readonly Draft[] {
  if (names === undefined) return [];
  const section = `section header ${nameIndex(image)}`;
  const tried = (title: string, words: string, field: number, value: bigint): Draft => [
    `names-${title}`,
    refused(words, section),
    () => withNumber(image, { at: at + field, width: 8 }, value),
  ];
  const last = Number(names.offset + names.size) - 1;
  return [
    tried("empty", "empty section name table", 0x20, 0n),
    tried("unterminated", "does not end with a NUL", 0x20, names.size - 1n),
    tried("of-uint-max", "bytes at", 0x20, 0xffff_ffffn),
    tried("of-u64-max", "bytes at", 0x20, U64_MAX),
    tried("at-the-end", "bytes at", 0x18, BigInt(image.length)),
    tried("wrap-in-64-bits", "bytes at", 0x18, U64_MAX - names.size + 2n),
    [
      "names-last-byte-not-nul",
      refused("does not end with a NUL", section),
      () => withNumber(image, { at: last, width: 1 }, 0x78n),
    ],
  ];
}

function nameIndex(image: Uint8Array): number {
  return (image[0x3e] ?? 0) | ((image[0x3f] ?? 0) << 8);
}
