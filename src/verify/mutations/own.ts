import { type FileField, INT_MAX, numberAt, U64_MAX, UINT_MAX, withNumber } from "./field.ts";
import { asReferenceSays, type Draft, grown } from "./mutation.ts";

/** What a module of the user's own tells of an image: its fields, and nothing about tables. */
export type OwnLayout = {
  readonly fields: readonly FileField[];
};

/** The fields that the image has. */
export function ownLayout(image: Uint8Array, fields: readonly FileField[]): OwnLayout {
  return { fields: fields.filter(({ at, width }) => at + width <= image.length) };
}

/**
 * What is tried with an image of the user's own format, of which the fields are known and nothing else: cuts at every byte of a field,
 * magic numbers with each byte wrong, sizes, offsets and counts at their limits and past the image's end, sums that wrap in 32 and 64
 * bits. What is right for each the user's reference says.
 */
export function ownMutations(image: Uint8Array, { fields }: OwnLayout): readonly Draft[] {
  return [
    ...cutsIn(image, fields),
    ["cut-by-1", asReferenceSays("without its last byte"), () => image.slice(0, -1)],
    ["cut-in-half", asReferenceSays("cut in half"), () => image.slice(0, image.length >>> 1)],
    ["bytes-behind-the-end", asReferenceSays("with five bytes more"), () => grown(image, 5)],
    ...fields.flatMap((field, index) => fieldDrafts(image, field, index)),
  ];
}

/** A header may be long, and have little in it: cut is at each byte of its fields. */
function cutsIn(image: Uint8Array, fields: readonly FileField[]): readonly Draft[] {
  const lengths = new Set(
    [{ at: 0, width: 0 }, ...fields].flatMap(({ at, width }) =>
      Array.from({ length: width + 1 }, (_, i) => at + i),
    ),
  );
  return [...lengths]
    .filter((length) => length < image.length)
    .sort((a, b) => a - b)
    .map((length): Draft => {
      return [`cut-at-${length}`, asReferenceSays(`cut after ${length} bytes`), () => image.slice(0, length)];
    });
}

function fieldDrafts(image: Uint8Array, field: FileField, index: number): readonly Draft[] {
  const { section, name, at, width } = field;
  // Two sections may have fields of one name.
  const title = `${index}-${fileName(name)}`;
  const draft = (words: string, value: bigint): Draft => [
    `${title}-${fileName(words)}`,
    asReferenceSays(`${section} ${name} is 0x${value.toString(16)}`),
    () => withNumber(image, field, value),
  ];
  if (field.role === "magic") {
    return Array.from({ length: width }, (_, i): Draft => {
      const byte = { at: at + i, width: 1 } as const;
      return [
        `${title}-byte-${i}-wrong`,
        asReferenceSays(`${section} ${name} has another byte ${i}`),
        () => withNumber(image, byte, ~numberAt(image, byte.at, 1) & 0xffn),
      ];
    });
  }
  const own = numberAt(image, at, width);
  const known = new Set([own]);
  return valuesFor(image, field, own).flatMap(([words, wanted]) => {
    const value = BigInt.asUintN(8 * width, wanted);
    if (known.has(value)) return [];
    known.add(value);
    return [draft(words, value)];
  });
}

function valuesFor(
  image: Uint8Array,
  { width, role }: FileField,
  own: bigint,
): readonly (readonly [words: string, value: bigint])[] {
  const ones: readonly [string, bigint] = ["all-ones", U64_MAX];
  if (role === "ignored") return [ones, ["zero", 0n]];
  const size = BigInt(image.length);
  const top = 1n << BigInt(8 * width);
  return [
    ["zero", 0n],
    ["one", 1n],
    ["three", 3n],
    ["one-less", own - 1n],
    ["one-more", own + 1n],
    ["image-size", size],
    ["image-size-less-1", size - 1n],
    ["image-size-and-1", size + 1n],
    ["wraps-to-itself", top - own],
    ["wraps-to-image-size", top - own + size],
    ["int-max", INT_MAX],
    ["uint-max", UINT_MAX],
    ["uint-max-less-15", UINT_MAX - 15n],
    ["uint-max-less-4095", UINT_MAX - 4095n],
    ["sign-bit", top >> 1n],
    ones,
  ];
}

function fileName(words: string): string {
  return words
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}
