import { crc32 } from "node:zlib";
import { ByteReader, decoding } from "#bytes/reader.ts";
import { ok } from "#core/result.ts";
import { tooLarge } from "#formats/compression/failures.ts";
import { decodeLzma2, lzma2Extent } from "#formats/compression/lzma/lzma2.ts";
import type { Decompressor } from "#formats/compression/types.ts";
import { readBlockHeader, type XzFilter } from "./xz-block-header.ts";
import { readVli, type XzCheck, xzCheck } from "./xz-check.ts";

const HEADER_MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];
const HEADER_SIZE = 12;
const FOOTER_MAGIC = 0x5a59; // "YZ"
const FOOTER_SIZE = 12;

type Block = {
  readonly filters: readonly XzFilter[];
  readonly data: ReturnType<typeof lzma2Extent>;
  /** Offset of the check behind the padded data. */
  readonly checkAt: number;
  /** What the index records: header, data and check without padding. */
  readonly unpaddedSize: number;
};

/**
 * One .xz stream: LZMA2, behind up to three branch or delta filters. The headers are all
 * walked, and the index compared with them, before anything is decoded; the limit holds for the sum of the blocks.
 *
 * Source: xz, doc/xz-file-format.txt 1.2.
 */
export const decompressXz: Decompressor = (input, options) => {
  const decoded = decoding(() => {
    const reader = new ByteReader(input, { format: "xz", section: "compressed data", base: options.base });
    const check = readStreamHeader(reader);
    const { blocks, indexAt } = walkBlocks(reader, check);
    const end = checkIndex(reader, blocks, indexAt);

    const size = blocks.reduce((sum, block) => sum + block.data.uncompressed, 0);
    if (size > options.limit) return tooLarge("xz", options, size);
    const bytes = new Uint8Array(size);
    let at = 0;
    for (const block of blocks) {
      const output = bytes.subarray(at, at + block.data.uncompressed);
      decodeLzma2(reader, block.data, output);
      for (const filter of block.filters.toReversed()) filter.undo(output);
      if (!check.matches(output, reader.slice(block.checkAt, check.size))) {
        reader.fail(block.checkAt, `${check.name} does not match`);
      }
      at += output.length;
    }
    return ok({ bytes, trailing: input.length - end });
  });
  return decoded.ok ? decoded.value : decoded;
};

function readStreamHeader(reader: ByteReader): XzCheck {
  HEADER_MAGIC.forEach((byte, i) => {
    if (reader.u8(i) !== byte) reader.fail(0, "no xz magic");
  });
  needCrc32(reader, 6, 2, 8);
  if (reader.u8(6) !== 0) reader.fail(6, "unknown stream flags");
  return xzCheck(reader, 7);
}

function walkBlocks(reader: ByteReader, check: XzCheck) {
  const blocks: Block[] = [];
  let at = HEADER_SIZE;
  while (reader.u8(at) !== 0) {
    const size = (reader.u8(at) + 1) * 4;
    needCrc32(reader, at, size - 4, at + size - 4);
    const header = readBlockHeader(reader.part("block header", at, size - 4));
    const data = lzma2Extent(reader, at + size);
    const compressed = data.end - at - size;
    if (header.compressed !== undefined && header.compressed !== compressed) {
      reader.fail(at, `block header states ${header.compressed} compressed bytes, there are ${compressed}`);
    }
    if (header.uncompressed !== undefined && header.uncompressed !== data.uncompressed) {
      reader.fail(at, `block header states ${header.uncompressed} bytes, there are ${data.uncompressed}`);
    }
    const padding = -data.end & 3;
    if (reader.slice(data.end, padding).some((byte) => byte !== 0))
      reader.fail(data.end, "padding is not zero");
    const checkAt = data.end + padding;
    reader.slice(checkAt, check.size);
    blocks.push({ filters: header.filters, data, checkAt, unpaddedSize: size + compressed + check.size });
    at = checkAt + check.size;
  }
  return { blocks, indexAt: at };
}

/** Compares the index and the footer with the blocks; returns the offset behind the stream. */
function checkIndex(reader: ByteReader, blocks: readonly Block[], start: number): number {
  let at = start + 1;
  const next = () => {
    const { value, length } = readVli(reader, at);
    at += length;
    return value;
  };
  const count = next();
  if (count !== blocks.length) reader.fail(start, `index of ${count} blocks, there are ${blocks.length}`);
  for (const block of blocks) {
    const record = at;
    if (next() !== block.unpaddedSize || next() !== block.data.uncompressed) {
      reader.fail(record, "index does not agree with its block");
    }
  }
  while ((at & 3) !== 0) if (reader.u8(at++) !== 0) reader.fail(at - 1, "padding is not zero");
  needCrc32(reader, start, at - start, at);
  const footer = at + 4;
  // CRC32, u32 size of the index in words less 1, the header's flags again, "YZ"
  needCrc32(reader, footer + 4, 6, footer);
  if ((reader.u32(footer + 4) + 1) * 4 !== footer - start) reader.fail(footer + 4, "wrong size of the index");
  if (reader.u16(footer + 8) !== reader.u16(6))
    reader.fail(footer + 8, "flags differ from the stream header's");
  if (reader.u16(footer + 10) !== FOOTER_MAGIC) reader.fail(footer + 10, "no footer magic");
  return footer + FOOTER_SIZE;
}

function needCrc32(reader: ByteReader, start: number, length: number, crcAt: number): void {
  const crc = crc32(reader.slice(start, length));
  if (crc !== reader.u32(crcAt)) reader.fail(start, "CRC32 of a header does not match");
}
