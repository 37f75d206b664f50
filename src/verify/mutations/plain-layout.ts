import { type FieldRow, type FileField, fieldsOf, numberAt } from "./field.ts";

/** Source: Linux, Documentation/arch/arm64/booting.rst; a table apart from the parsers' and decoders' own. */
const ROWS: readonly FieldRow[] = [
  ["code", 0x00, 4, "ignored"],
  ["zimg", 0x04, 4, "magic"],
  ["text offset", 0x08, 8, "ignored"],
  ["image size", 0x10, 8, "ignored"],
  ["flags", 0x18, 8, "ignored"],
  ["magic", 0x38, 4, "magic"],
  ["PE header offset", 0x3c, 4, "ignored"],
];

const HEADER = 0x40;
const ZIMG = 0x676d697an;

/** The magic number of each architecture's kernels, at 0x38. */
export const PLAIN_MAGICS: readonly (readonly [arch: string, magic: bigint])[] = [
  ["arm64", 0x644d5241n],
  ["riscv", 0x05435352n],
  ["loongarch", 0x818223cdn],
];

/** A kernel that needs no unpacking. */
export type PlainLayout = {
  readonly headersEnd: number;
  readonly fields: readonly FileField[];
};

/** Undefined for bytes that do not begin as a kernel of one of the architectures. */
export function plainLayout(image: Uint8Array): PlainLayout | undefined {
  const magic = numberAt(image, 0x38, 4);
  const known = PLAIN_MAGICS.some(([, own]) => own === magic);
  if (image.length < HEADER || !known || numberAt(image, 0x04, 4) === ZIMG) return undefined;
  return { headersEnd: HEADER, fields: fieldsOf(ROWS, "header", 0) };
}
