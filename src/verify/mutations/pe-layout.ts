import { latin1 } from "#bytes/reader.ts";
import { type FieldRow, type FileField, fieldsOf, numberAt, setNumber } from "./field.ts";

/* Source: Microsoft, "PE Format"; tables apart from the parsers' and decoders' own. */
const DOS_ROWS: readonly FieldRow[] = [
  ["MZ", 0x00, 2, "magic"],
  ["e_lfanew", 0x3c, 4, "offset"],
];
const PE_ROWS: readonly FieldRow[] = [
  ["signature", 0, 4, "magic"],
  ["Machine", 4, 2, "ignored"],
  ["NumberOfSections", 6, 2, "count"],
  ["SizeOfOptionalHeader", 20, 2, "size"],
  ["Magic", 24, 2, "magic"],
];
const SECTION_ROWS: readonly FieldRow[] = [
  ["Name", 0, 8, "type"],
  ["VirtualSize", 8, 4, "size"],
  ["VirtualAddress", 12, 4, "ignored"],
  ["SizeOfRawData", 16, 4, "size"],
  ["PointerToRawData", 20, 4, "offset"],
];

const OPTIONAL_AT = 24;
const ROW = 40;
/** Sections whose every field is one that mutations look for: of thousands, the first ones are like the others. */
const MOST_DETAILED = 128;

/** A section header, as far as parsers look at it. */
export type PeRow = {
  /** Up to eight characters; fewer are padded with NULs. */
  readonly name: string;
  readonly virtualSize: number;
  readonly rawSize: number;
  readonly rawOffset: number;
};

export type PeLayout = {
  readonly signatureAt: number;
  readonly tableAt: number;
  readonly headersEnd: number;
  readonly fields: readonly FileField[];
  readonly rows: readonly PeRow[];
};

/** Undefined for bytes that have no PE header. */
export function peLayout(image: Uint8Array): PeLayout | undefined {
  const signatureAt = Number(numberAt(image, 0x3c, 4));
  const isPe =
    numberAt(image, 0, 2) === 0x5a4dn &&
    signatureAt < image.length - OPTIONAL_AT &&
    numberAt(image, signatureAt, 4) === 0x4550n;
  if (!isPe) return undefined;
  const tableAt = signatureAt + OPTIONAL_AT + Number(numberAt(image, signatureAt + 20, 2));
  // A mutant may say that it has 65535 rows: those that it has room for count.
  const room = Math.max(0, Math.floor((image.length - tableAt) / ROW));
  const count = Math.min(room, Number(numberAt(image, signatureAt + 6, 2)));
  const starts = Array.from({ length: count }, (_, i) => tableAt + i * ROW);
  return {
    signatureAt,
    tableAt,
    headersEnd: Math.min(image.length, tableAt + count * ROW),
    fields: [
      ...fieldsOf(DOS_ROWS, "DOS header", 0),
      ...fieldsOf(PE_ROWS, "PE header", signatureAt),
      ...starts.slice(0, MOST_DETAILED).flatMap((at, i) => fieldsOf(SECTION_ROWS, `section header ${i}`, at)),
    ],
    rows: starts.map((at) => ({
      name: latin1(image.subarray(at, at + 8)).replace(/\0+$/, ""),
      virtualSize: Number(numberAt(image, at + 8, 4)),
      rawSize: Number(numberAt(image, at + 16, 4)),
      rawOffset: Number(numberAt(image, at + 20, 4)),
    })),
  };
}

/** The image with other section headers: the PE header and a new table are put behind its end, whatever their number. */
export function withPeRows(image: Uint8Array, layout: PeLayout, rows: readonly PeRow[]): Uint8Array {
  const start = Math.ceil(image.length / 8) * 8;
  const header = image.subarray(layout.signatureAt, layout.tableAt);
  const out = new Uint8Array(start + header.length + rows.length * ROW);
  out.set(image);
  out.set(header, start);
  setNumber(out, 0x3c, 4, BigInt(start));
  setNumber(out, start + 6, 2, BigInt(rows.length));
  rows.forEach((row, i) => {
    const at = start + header.length + i * ROW;
    out.set(Buffer.from(row.name, "latin1").subarray(0, 8), at);
    setNumber(out, at + 8, 4, BigInt(row.virtualSize));
    setNumber(out, at + 16, 4, BigInt(row.rawSize));
    setNumber(out, at + 20, 4, BigInt(row.rawOffset));
  });
  return out;
}
