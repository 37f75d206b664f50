import { latin1 } from "#bytes/reader.ts";
import { type FieldRow, type FileField, fieldsOf, numberAt, setNumber } from "./field.ts";
import { type ZbootLayout, zbootLayout } from "./zboot-layout.ts";

/* Source: System V gABI, chapter 4; tables apart from the parsers' and decoders' own. */
const FILE_ROWS: readonly FieldRow[] = [
  ["magic", 0x00, 4, "magic"],
  ["class", 0x04, 1, "type"],
  ["data", 0x05, 1, "type"],
  ["e_machine", 0x12, 2, "ignored"],
  ["e_shoff", 0x28, 8, "offset"],
  ["e_shentsize", 0x3a, 2, "size"],
  ["e_shnum", 0x3c, 2, "count"],
  ["e_shstrndx", 0x3e, 2, "index"],
];
const SECTION_ROWS: readonly FieldRow[] = [
  ["sh_name", 0x00, 4, "offset"],
  ["sh_type", 0x04, 4, "type"],
  ["sh_offset", 0x18, 8, "offset"],
  ["sh_size", 0x20, 8, "size"],
];

const HEADER = 64;
const ROW = 64;
/** Sections whose every field is one that mutations look for: of thousands, the first ones are like the others. */
const MOST_DETAILED = 128;

/** A section header, as far as parsers look at it. */
export type ElfRow = {
  readonly name: string;
  readonly type: bigint;
  readonly offset: bigint;
  readonly size: bigint;
};

export type ElfLayout = {
  readonly headersEnd: number;
  readonly tableAt: number;
  readonly fields: readonly FileField[];
  /** The null section is the first. */
  readonly rows: readonly ElfRow[];
  readonly namesIndex: number;
  /** The zboot file in `.kernel`, where there is one. */
  readonly kernel: ZbootLayout | undefined;
};

/** Undefined for bytes that do not begin as an ELF file. */
export function elfLayout(image: Uint8Array): ElfLayout | undefined {
  if (image.length < HEADER || numberAt(image, 0, 4) !== 0x464c457fn) return undefined;
  const tableAt = Number(numberAt(image, 0x28, 8));
  const count = Number(numberAt(image, 0x3c, 2));
  if (tableAt > image.length - count * ROW) return undefined;
  const starts = Array.from({ length: count }, (_, i) => tableAt + i * ROW);
  const namesIndex = Number(numberAt(image, 0x3e, 2));
  const namesAt = Number(numberAt(image, (starts[namesIndex] ?? 0) + 0x18, 8));
  const rows = starts.map((at) => ({
    name: textAt(image, namesAt + Number(numberAt(image, at, 4))),
    type: numberAt(image, at + 0x04, 4),
    offset: numberAt(image, at + 0x18, 8),
    size: numberAt(image, at + 0x20, 8),
  }));
  const kernel = rows.find(({ name }) => name === ".kernel");
  const inside = kernel !== undefined && kernel.offset + kernel.size <= BigInt(image.length);
  return {
    headersEnd: Math.max(HEADER, tableAt === HEADER ? HEADER + count * ROW : 0),
    tableAt,
    fields: [
      ...fieldsOf(FILE_ROWS, "file header", 0),
      ...starts.slice(0, MOST_DETAILED).flatMap((at, i) => fieldsOf(SECTION_ROWS, `section header ${i}`, at)),
    ],
    rows,
    namesIndex,
    kernel: inside ? zbootLayout(image, Number(kernel.offset), Number(kernel.size)) : undefined,
  };
}

function textAt(image: Uint8Array, at: number): string {
  if (at >= image.length) return "";
  const end = image.indexOf(0, at);
  return latin1(image.subarray(at, end < 0 ? image.length : end));
}

/**
 * The image with other section headers: new names and a new table are put behind its end, whatever their number. The
 * last row becomes the new names' own.
 */
export function withElfRows(image: Uint8Array, rows: readonly ElfRow[]): Uint8Array {
  const names = Buffer.from(`\0${rows.map(({ name }) => `${name}\0`).join("")}`, "latin1");
  const start = image.length + names.length;
  const out = new Uint8Array(start + rows.length * ROW);
  out.set(image);
  out.set(names, image.length);
  setNumber(out, 0x28, 8, BigInt(start));
  setNumber(out, 0x3c, 2, BigInt(rows.length));
  setNumber(out, 0x3e, 2, BigInt(rows.length - 1));
  let nameAt = 1;
  rows.forEach((row, i) => {
    const at = start + i * ROW;
    const own = i === rows.length - 1;
    setNumber(out, at, 4, BigInt(nameAt));
    setNumber(out, at + 0x04, 4, row.type);
    setNumber(out, at + 0x18, 8, own ? BigInt(image.length) : row.offset);
    setNumber(out, at + 0x20, 8, own ? BigInt(names.length) : row.size);
    nameAt += row.name.length + 1;
  });
  return out;
}
