import { createReadStream } from "node:fs";
import type { Failure } from "#core/failure.ts";
import type { SparseFile } from "#files/sparse-file.ts";
import { decompress, detectFileCodec } from "#formats/compression/codecs.ts";
import { trailingText } from "#formats/compression/trailing.ts";
import { PeChecksum } from "#formats/pe/checksum.ts";
import { decodePe } from "#formats/pe/pe-file.ts";
import type { Facts } from "./types.ts";

type Found = Pick<Facts, "fields" | "warnings">;

const NOTHING: Found = { fields: [], warnings: [] };

/** What only reading all of a file tells: whether a PE file's CheckSum is right, what is in a compressed stream and behind it. */
export async function lookDeeper(
  file: string,
  sparse: SparseFile,
  explain: (failure: Failure) => string,
): Promise<Found> {
  const pe = decodePe(sparse.bytes);
  if (pe.ok) {
    const { checkSum, offset } = pe.value.optionalHeader;
    // Boot loaders do not look at it; 0 says that it was not computed.
    return checkSum === 0 ? NOTHING : compareCheckSum(file, checkSum, offset + CHECKSUM_AT);
  }
  return detectFileCodec(sparse.bytes) === undefined ? NOTHING : unpack(sparse, explain);
}

const CHECKSUM_AT = 0x40;
const CHECKSUM_SIZE = 4;

async function compareCheckSum(file: string, stated: number, at: number): Promise<Found> {
  const sum = new PeChecksum();
  let offset = 0;
  for await (const chunk of createReadStream(file)) {
    const bytes = chunk as Uint8Array;
    const start = Math.max(0, at - offset);
    bytes.fill(0, start, Math.max(start, Math.min(bytes.length, at + CHECKSUM_SIZE - offset)));
    sum.add(bytes);
    offset += bytes.length;
  }
  const right = sum.value();
  if (right === stated) return NOTHING;
  return { fields: [], warnings: [`CheckSum is 0x${stated.toString(16)}, 0x${right.toString(16)} is right`] };
}

async function unpack(sparse: SparseFile, explain: (failure: Failure) => string): Promise<Found> {
  sparse.fill(0, sparse.size);
  const { bytes } = sparse;
  const codec = detectFileCodec(bytes);
  if (codec === undefined) return NOTHING;
  const unpacked = await decompress(codec, bytes);
  if (!unpacked.ok) return { fields: [], warnings: [explain(unpacked.failure)] };
  const left = trailingText(bytes, `the ${codec.name} stream`, unpacked.value);
  return {
    fields: [{ name: "uncompressed size", value: unpacked.value.bytes.length }],
    warnings: left === undefined ? [] : [left],
  };
}
