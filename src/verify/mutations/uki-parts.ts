import { INT_MAX, setNumber, UINT_MAX } from "./field.ts";
import { changed, type Draft, type Expected, harmless, refused, sentBytes } from "./mutation.ts";
import type { PeLayout, PeRow } from "./pe-layout.ts";

const ROW = 40;
const PARTS: readonly string[] = [".linux", ".initrd", ".cmdline"];

/** A section that counts, with its place in the table and the bytes that count. */
export type UsedRow = { readonly index: number; readonly row: PeRow; readonly size: number };

/** The sections that profile @0 over the base uses, by name. */
export function usedRows(rows: readonly PeRow[]): ReadonlyMap<string, UsedRow> {
  const used = new Map<string, UsedRow & { readonly profile: number }>();
  let profile = -1;
  for (const [index, row] of rows.entries()) {
    if (row.name === ".profile") profile += 1;
    const known = used.get(row.name);
    const first = known === undefined || (known.profile === -1 && profile === 0);
    if (!PARTS.includes(row.name) || profile > 0 || !first) continue;
    used.set(row.name, { index, row, size: Math.min(row.virtualSize, row.rawSize), profile });
  }
  return used;
}

/** The sizes and places that are tried with each part that a UKI's kernel is made of. */
export function ukiPartMutations(
  image: Uint8Array,
  { tableAt }: PeLayout,
  { index, row, size }: UsedRow,
): readonly Draft[] {
  const name = row.name.slice(1);
  const at = tableAt + index * ROW;
  const tried = (title: string, change: Partial<PeRow>): Draft => {
    const made = { ...row, ...change };
    return [
      `${name}-${title}`,
      expected(image, index, row, size, made),
      () => {
        const copy = image.slice();
        setNumber(copy, at + 8, 4, BigInt(made.virtualSize));
        setNumber(copy, at + 16, 4, BigInt(made.rawSize));
        setNumber(copy, at + 20, 4, BigInt(made.rawOffset));
        return copy;
      },
    ];
  };
  const sizes: readonly (readonly [string, number])[] = [
    ["0", 0],
    ["1", 1],
    ["3", 3],
    ["int-max", Number(INT_MAX)],
    ["uint-max", Number(UINT_MAX)],
  ];
  const places: readonly (readonly [string, number])[] = [
    ["at-0", 0],
    ["at-the-end", image.length],
    ["one-byte-past-the-end", image.length - size + 1],
    ["at-int-max", Number(INT_MAX)],
    ["at-uint-max", Number(UINT_MAX)],
    ["wraps-in-32-bits", 2 ** 32 - size + 1],
  ];
  return [
    ...sizes.flatMap(([title, value]) => [
      tried(`virtual-size-${title}`, { virtualSize: value }),
      tried(`raw-size-${title}`, { rawSize: value }),
      tried(`both-sizes-${title}`, { virtualSize: value, rawSize: value }),
    ]),
    tried("virtual-size-above-raw", { virtualSize: row.rawSize + 1 }),
    tried("virtual-size-below-raw", { virtualSize: Math.max(0, row.rawSize - 1) }),
    ...places.map(([title, rawOffset]) => tried(title, { rawOffset })),
    tried("empty-and-outside", { virtualSize: 0, rawOffset: Number(UINT_MAX) }),
  ];
}

function expected(image: Uint8Array, index: number, good: PeRow, size: number, made: PeRow): Expected {
  const wanted = Math.min(made.virtualSize, made.rawSize);
  if (wanted === 0) {
    if (made.name === ".linux") return refused("profile @0 has an empty .linux", "section table");
    return changed(
      made.name === ".cmdline" ? "an empty command line is one NUL" : "an empty initrd is left out",
    );
  }
  if (made.rawOffset + wanted > image.length) return refused("bytes at", `section header ${index}`);
  const bytes = (from: number, length: number) => sentBytes(made.name, image.subarray(from, from + length));
  return bytes(made.rawOffset, wanted).equals(bytes(good.rawOffset, size))
    ? harmless("the same bytes are sent")
    : changed("the part is another run of bytes");
}
