import type { Failure } from "#core/failure.ts";
import { ok, type Result } from "#core/result.ts";
import type { InputFile } from "#files/input-file.ts";
import type { SparseFile } from "#files/sparse-file.ts";
import { decompress, detectFileCodec } from "#formats/compression/codecs.ts";
import { trailingText } from "#formats/compression/trailing.ts";
import { PeChecksum } from "#formats/pe/checksum.ts";
import { decodePe } from "#formats/pe/pe-file.ts";
import type { Facts } from "./types.ts";

type Found = Pick<Facts, "fields" | "warnings">;

const NOTHING: Found = { fields: [], warnings: [] };

/** What only reading all of a file tells: whether a PE file's CheckSum is right, what is in a compressed stream and after it. Errors: `file-failed`. */
export async function lookDeeper(
  sparse: SparseFile,
  explain: (failure: Failure) => string,
): Promise<Result<Found>> {
  const pe = decodePe(sparse.bytes);
  if (pe.ok) {
    const { checkSum, offset } = pe.value.optionalHeader;
    // Boot loaders do not look at it; 0 says that it was not computed.
    return checkSum === 0 ? ok(NOTHING) : compareCheckSum(sparse.input, checkSum, offset + CHECKSUM_AT);
  }
  return ok(detectFileCodec(sparse.bytes) === undefined ? NOTHING : await unpack(sparse, explain));
}

const CHECKSUM_AT = 0x40;
const CHECKSUM_SIZE = 4;

const CHUNK = 1024 * 1024;

function compareCheckSum(input: InputFile, stated: number, at: number): Result<Found> {
  const sum = new PeChecksum();
  const buffer = new Uint8Array(CHUNK);
  for (let offset = 0; offset < input.size; offset += CHUNK) {
    const bytes = buffer.subarray(0, Math.min(CHUNK, input.size - offset));
    const read = input.read(bytes, offset);
    if (!read.ok) return read;
    const start = Math.max(0, at - offset);
    bytes.fill(0, start, Math.max(start, Math.min(bytes.length, at + CHECKSUM_SIZE - offset)));
    sum.add(bytes);
  }
  const right = sum.value();
  if (right === stated) return ok(NOTHING);
  return ok({
    fields: [],
    warnings: [`CheckSum is 0x${stated.toString(16)}, 0x${right.toString(16)} is right`],
  });
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
