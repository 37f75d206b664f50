import type { ByteReader } from "#bytes/reader.ts";

/*
 * struct btf_header, offsets in bytes; section offsets count from the end of the header:
 *
 *    0  u16  magic      0xeb9f in the byte order of the whole file
 *    2  u8   version    1
 *    3  u8   flags      0
 *    4  u32  hdr_len    24, or 32 with the layout section (kernels from 7.2)
 *    8  u32  type_off   12  u32  type_len
 *   16  u32  str_off    20  u32  str_len
 *   24  u32  layout_off 28  u32  layout_len
 */
export const BTF_MAGIC = 0xeb9f;
const HEADER_SIZE = 24;
const HEADER_SIZE_WITH_LAYOUT = 32;

/** A part of the file, in bytes from the magic. */
export type Extent = { readonly offset: number; readonly length: number };

export type BtfHeader = {
  readonly littleEndian: boolean;
  readonly types: Extent;
  readonly strings: Extent;
  /** How long the records of each kind are; absent in BTF of kernels before 7.2. */
  readonly layout: Extent | undefined;
  /** Where the last section ends. */
  readonly end: number;
};

/** The byte order that the magic at the reader's start is written in; fails where it is none. */
export function byteOrder(reader: ByteReader): { readonly littleEndian: boolean } {
  const first = reader.u8(0);
  const second = reader.u8(1);
  if (first === (BTF_MAGIC & 0xff) && second === BTF_MAGIC >> 8) return { littleEndian: true };
  if (first === BTF_MAGIC >> 8 && second === (BTF_MAGIC & 0xff)) return { littleEndian: false };
  return reader.fail(0, "the magic is not 0xeb9f in either byte order");
}

/**
 * Reads and checks the header and where the sections lie. `reader` must have the file's byte order.
 *
 * As in the kernel (`btf_check_sec_info`), sections neither overlap nor leave the file; what
 * lies between and behind them may only be the zero bytes of an alignment to four.
 */
export function readBtfHeader(reader: ByteReader): BtfHeader {
  const header = readBtfSections(reader);
  checkSections(reader, header);
  return header;
}

/** The header alone, with sections that may lie anywhere: how long a blob claims to be. */
export function readBtfSections(reader: ByteReader): BtfHeader {
  const { littleEndian } = reader;
  const version = reader.u8(2);
  if (version !== 1) reader.fail(2, `version ${version}, not 1`);
  const flags = reader.u8(3);
  if (flags !== 0) reader.fail(3, `flags 0x${flags.toString(16)}, none are known`);
  const length = reader.u32(4);
  if (length < HEADER_SIZE) reader.fail(4, `a header of ${length} bytes, the least is ${HEADER_SIZE}`);
  if (length > reader.length) {
    reader.fail(4, `a header of ${length} bytes in a file of ${reader.length}`);
  }
  const extent = (at: number): Extent => ({ offset: length + reader.u32(at), length: reader.u32(at + 4) });
  const hasLayout = length >= HEADER_SIZE_WITH_LAYOUT;
  const known = hasLayout ? HEADER_SIZE_WITH_LAYOUT : HEADER_SIZE;
  for (let at = known; at < length; at++) {
    if (reader.u8(at) !== 0) reader.fail(at, "a header field that this version does not know");
  }
  const types = extent(8);
  const strings = extent(16);
  const layout = hasLayout ? extent(24) : undefined;
  const present = layout !== undefined && layout.length > 0 ? layout : undefined;
  const end = Math.max(...[types, strings, ...(present ? [present] : [])].map((s) => s.offset + s.length));
  return { littleEndian, types, strings, layout: present, end };
}

function checkSections(reader: ByteReader, header: BtfHeader): void {
  const sections = [
    { name: "type section", field: 8, ...header.types },
    { name: "string section", field: 16, ...header.strings },
    ...(header.layout ? [{ name: "layout section", field: 24, ...header.layout }] : []),
  ];
  for (const { name, field, offset, length } of sections) {
    // No sum here exceeds 3 * 2^32, so doubles hold them exactly.
    if (offset + length > reader.length) {
      reader.fail(field, `the ${name} (${length} bytes at ${offset}) leaves the file of ${reader.length}`);
    }
    if (name !== "string section" && offset % 4 !== reader.u32(4) % 4) {
      reader.fail(field, `the ${name} is not aligned to 4 bytes`);
    }
  }
  let end = reader.u32(4);
  for (const { name, field, offset, length } of sections.sort(
    (a, b) => a.offset - b.offset || a.length - b.length,
  )) {
    if (offset < end) reader.fail(field, `the ${name} overlaps what stands before it`);
    checkPadding(reader, end, offset);
    end = offset + length;
  }
  checkPadding(reader, end, reader.length);
}

function checkPadding(reader: ByteReader, from: number, to: number): void {
  if (to - from >= 4) reader.fail(from, `${to - from} bytes belong to no section`);
  for (let at = from; at < to; at++) {
    if (reader.u8(at) !== 0) reader.fail(at, "a byte that belongs to no section is not zero");
  }
}
