import { ByteReader, decoding } from "#bytes/reader.ts";
import type { Malformed } from "#core/failure.ts";
import type { Result } from "#core/result.ts";
import type { Btf } from "./btf.ts";
import {
  type BtfExt,
  CORE_KINDS,
  type CoreRelocation,
  type ExtSection,
  type FunctionInfo,
  type LineInfo,
} from "./ext-types.ts";
import { byteOrder } from "./header.ts";

/*
 * struct btf_ext_header, offsets in bytes; table offsets count from the end of the header:
 *
 *    0  u16  magic          0xeb9f, as in .BTF
 *    2  u8   version        1
 *    3  u8   flags          0
 *    4  u32  hdr_len        24, or 32 with the relocations (0 and 0 where there are none)
 *    8  u32  func_info_off  12  u32  func_info_len
 *   16  u32  line_info_off  20  u32  line_info_len
 *   24  u32  core_relo_off  28  u32  core_relo_len
 *
 * A table: u32 record size; then for each code section u32 name, u32 count (not 0), the records.
 */
const HEADER_SIZE = 24;
const HEADER_SIZE_WITH_RELOCATIONS = 32;
const SECTION_HEADER_SIZE = 8;
const INSTRUCTION_SIZE = 8;

/** Bits 10 to 31 of a line record's last word are the line, the lower ones the column. */
const COLUMN_BITS = 10;

/** How one kind of record is read; `record` begins at the record's start. */
type Table<Item> = {
  readonly name: string;
  /** The bytes of a record that this version knows; longer ones must be zero behind them. */
  readonly size: number;
  readonly decode: (record: ByteReader, btf: Btf) => Item;
};

/**
 * Opens a `.BTF.ext` section, in either byte order. All that it refers to in `btf`, the object's `.BTF`, is
 * checked: string offsets, type ids, and that functions are functions. Whether an instruction's offset is
 * inside its code section is not: the code is not at hand.
 *
 * Source: the kernel's `Documentation/bpf/btf.rst`, ".BTF.ext section".
 *
 * @param options.offset where `bytes[0]` is in the outermost file, for failures
 */
export function decodeBtfExt(
  bytes: Uint8Array,
  btf: Btf,
  options: { readonly offset?: number } = {},
): Result<BtfExt, Malformed> {
  const settings = { format: "BTF", section: ".BTF.ext header", base: options.offset ?? 0 };
  return decoding(() => {
    const { littleEndian } = byteOrder(new ByteReader(bytes, settings));
    const file = new ByteReader(bytes, { ...settings, littleEndian });
    if (littleEndian !== btf.littleEndian) file.fail(0, "another byte order than the .BTF section's");
    const length = headerLength(file);
    const hasRelocations = length >= HEADER_SIZE_WITH_RELOCATIONS;
    return {
      functions: readTable(file, 8, FUNCTIONS, btf),
      lines: readTable(file, 16, LINES, btf),
      relocations: hasRelocations ? readTable(file, 24, RELOCATIONS, btf) : [],
    };
  });
}

function headerLength(file: ByteReader): number {
  const version = file.u8(2);
  if (version !== 1) file.fail(2, `version ${version}, not 1`);
  const flags = file.u8(3);
  if (flags !== 0) file.fail(3, `flags 0x${flags.toString(16)}, none are known`);
  const length = file.u32(4);
  if (length < HEADER_SIZE) file.fail(4, `a header of ${length} bytes, the least is ${HEADER_SIZE}`);
  if (length % 4 !== 0) file.fail(4, `a header of ${length} bytes, not a multiple of 4`);
  if (length > file.length) file.fail(4, `a header of ${length} bytes in a file of ${file.length}`);
  const known = length >= HEADER_SIZE_WITH_RELOCATIONS ? HEADER_SIZE_WITH_RELOCATIONS : HEADER_SIZE;
  checkZero(file, known, length, "a header field that this version does not know");
  return length;
}

/** The table whose offset and length stand at `field` of the header; none where its length is 0. */
function readTable<Item>(file: ByteReader, field: number, table: Table<Item>, btf: Btf): ExtSection<Item>[] {
  const start = file.u32(4) + file.u32(field);
  const length = file.u32(field + 4);
  if (length === 0) return [];
  if (start + length > file.length) {
    file.fail(field, `the ${table.name} (${length} bytes at ${start}) leaves the file of ${file.length}`);
  }
  if (start % 4 !== 0) file.fail(field, `the ${table.name} is not aligned to 4 bytes`);
  const reader = file.part(table.name, start, length);
  const size = reader.u32(0);
  if (size < table.size || size % 4 !== 0) {
    reader.fail(0, `records of ${size} bytes, must be a multiple of 4 from ${table.size} on`);
  }
  const sections: ExtSection<Item>[] = [];
  for (let at = 4; at < length; ) {
    const section = stringAt(reader, at, btf);
    const count = reader.u32(at + 4);
    const records = at + SECTION_HEADER_SIZE;
    if (count === 0) reader.fail(at + 4, "a section without records");
    // By division: the product of two hostile values may be above 2^53.
    if (count > (length - records) / size) {
      reader.fail(at + 4, `${count} records of ${size} bytes, ${length - records} bytes left`);
    }
    sections.push({ section, records: readRecords(reader, records, count, size, table, btf) });
    at = records + count * size;
  }
  return sections;
}

function readRecords<Item>(
  reader: ByteReader,
  start: number,
  count: number,
  size: number,
  table: Table<Item>,
  btf: Btf,
): Item[] {
  return Array.from({ length: count }, (_, n) => {
    const record = reader.part(table.name, start + n * size, size);
    checkZero(record, table.size, size, "a record field that this version does not know");
    return table.decode(record, btf);
  });
}

const FUNCTIONS: Table<FunctionInfo> = {
  name: "function info",
  size: 8,
  decode: (record, btf) => {
    const offset = instructionAt(record);
    const type = typeAt(record, 4, btf);
    if (btf.kind(type) !== "func") record.fail(4, `type ${type} is no func but a ${btf.kind(type)}`);
    return { offset, type };
  },
};

const LINES: Table<LineInfo> = {
  name: "line info",
  size: 16,
  decode: (record, btf) => {
    const place = record.u32(12);
    return {
      offset: instructionAt(record),
      file: stringAt(record, 4, btf),
      text: stringAt(record, 8, btf),
      line: place >>> COLUMN_BITS,
      column: place & ((1 << COLUMN_BITS) - 1),
    };
  },
};

const RELOCATIONS: Table<CoreRelocation> = {
  name: "CO-RE relocations",
  size: 16,
  decode: (record, btf) => {
    const offset = instructionAt(record);
    const type = typeAt(record, 4, btf);
    const access = stringAt(record, 8, btf);
    if (!/^\d+(:\d+)*$/.test(access)) record.fail(8, `${JSON.stringify(access)} is no list of indices`);
    const kind =
      CORE_KINDS[record.u32(12)] ?? record.fail(12, `relocation kind ${record.u32(12)} is not known`);
    return { offset, type, access, kind };
  },
};

function instructionAt(record: ByteReader): number {
  const offset = record.u32(0);
  if (offset % INSTRUCTION_SIZE !== 0) record.fail(0, `offset ${offset} is in the middle of an instruction`);
  return offset;
}

function typeAt(record: ByteReader, at: number, btf: Btf): number {
  const id = record.u32(at);
  return id < btf.typeCount ? id : record.fail(at, `type id ${id}, the last type is ${btf.typeCount - 1}`);
}

function stringAt(record: ByteReader, at: number, btf: Btf): string {
  const offset = record.u32(at);
  if (offset >= btf.stringEnd)
    record.fail(at, `string offset ${offset}, the strings end at ${btf.stringEnd}`);
  return btf.string(offset);
}

function checkZero(reader: ByteReader, from: number, to: number, detail: string): void {
  for (let at = from; at < to; at++) if (reader.u8(at) !== 0) reader.fail(at, detail);
}
