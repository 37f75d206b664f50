import { type FieldRow, type FileField, fieldsOf, numberAt } from "./field.ts";

/** Source: Linux, drivers/firmware/efi/libstub/zboot-header.S; a table apart from the parsers' and decoders' own. */
const ROWS: readonly FieldRow[] = [
  ["MZ", 0x00, 2, "magic"],
  ["zero", 0x02, 2, "ignored"],
  ["zimg", 0x04, 4, "magic"],
  ["payload offset", 0x08, 4, "offset"],
  ["payload size", 0x0c, 4, "size"],
  ["reserved", 0x10, 8, "ignored"],
  ["compression", 0x18, 8, "ignored"],
  ["Linux PE magic", 0x38, 4, "ignored"],
  ["PE header offset", 0x3c, 4, "ignored"],
];

const HEADER = 0x40;

/** A zboot file inside an image: all of it, or an envelope's `.kernel`. */
export type ZbootLayout = {
  /** Where it begins in the image, and how many bytes of the image are its own. */
  readonly base: number;
  readonly size: number;
  /** Behind the last byte of the header, in the image. */
  readonly headersEnd: number;
  readonly fields: readonly FileField[];
  /** From the file's own start. */
  readonly payload: { readonly offset: number; readonly size: number };
};

/** Undefined for bytes that do not begin as a zboot file. */
export function zbootLayout(
  image: Uint8Array,
  base = 0,
  size = image.length - base,
): ZbootLayout | undefined {
  const isZboot =
    size >= HEADER && numberAt(image, base, 2) === 0x5a4dn && numberAt(image, base + 4, 4) === 0x676d697an;
  if (!isZboot) return undefined;
  return {
    base,
    size,
    headersEnd: base + HEADER,
    fields: fieldsOf(ROWS, "DOS header", base),
    payload: {
      offset: Number(numberAt(image, base + 0x08, 4)),
      size: Number(numberAt(image, base + 0x0c, 4)),
    },
  };
}
