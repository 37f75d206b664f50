/** What a field of a header says; it decides which values are worth trying there. */
export type Role = "magic" | "offset" | "size" | "count" | "index" | "type" | "ignored";

/** A little-endian number in an image, or a magic number of up to eight bytes. */
export type FileField = {
  /** As failures name it: `DOS header`, `section header 2`. */
  readonly section: string;
  /** As its specification writes it: `e_shoff`, `PointerToRawData`. */
  readonly name: string;
  /** Offset in the image, in bytes. */
  readonly at: number;
  readonly width: 1 | 2 | 4 | 8;
  readonly role: Role;
};

/** A row of a format's own table of fields. */
export type FieldRow = readonly [name: string, at: number, width: FileField["width"], role: Role];

/** The fields of a header that begins at `base` of an image. */
export function fieldsOf(rows: readonly FieldRow[], section: string, base: number): readonly FileField[] {
  return rows.map(([name, at, width, role]) => ({ section, name, at: base + at, width, role }));
}

/** An unsigned little-endian number; bytes behind the image's end read as zero. */
export function numberAt(image: Uint8Array, at: number, width: number): bigint {
  let value = 0n;
  for (let i = width - 1; i >= 0; i--) value = (value << 8n) | BigInt(image[at + i] ?? 0);
  return value;
}

/** Writes the low bits of `value`, as far as the image reaches. */
export function setNumber(image: Uint8Array, at: number, width: number, value: bigint): void {
  let rest = value;
  for (let i = 0; i < width; i++, rest >>= 8n) {
    if (at + i < image.length) image[at + i] = Number(rest & 0xffn);
  }
}

/** A copy with one number changed. */
export function withNumber(
  image: Uint8Array,
  { at, width }: Pick<FileField, "at" | "width">,
  value: bigint,
): Uint8Array {
  const copy = image.slice();
  setNumber(copy, at, width, value);
  return copy;
}

/** A copy with `bytes` written over what is at `at`. */
export function withBytes(image: Uint8Array, at: number, bytes: Uint8Array): Uint8Array {
  const copy = image.slice();
  copy.set(bytes, at);
  return copy;
}

export const INT_MAX = 0x7fff_ffffn;
export const UINT_MAX = 0xffff_ffffn;
export const U64_MAX = 2n ** 64n - 1n;
