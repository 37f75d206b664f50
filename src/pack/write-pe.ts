import { ok, type Result } from "#core/result.ts";
import type { InputFile } from "#files/input-file.ts";
import {
  digestInput,
  eachChunk,
  lengthOf,
  type Piece,
  passes,
  type WriteOptions,
  type Written,
  writePieces,
} from "#files/pieces.ts";
import type { PeAppendPlan } from "#formats/pe/append.ts";
import { PeChecksum } from "#formats/pe/checksum.ts";
import type { PePiece } from "#formats/pe/pieces.ts";
import type { PartPlace } from "./packed.ts";
import type { PackedInput } from "./types.ts";

export type WrittenPe = {
  readonly written: Written;
  readonly pieces: readonly Piece[];
  /** The added sections. */
  readonly places: readonly PartPlace[];
  /** The old file, where it is one and digests were asked for. */
  readonly old: PackedInput | undefined;
};

/**
 * Writes the file that a plan describes, with its CheckSum, which takes a first pass over all of it. The old file's digest
 * takes another: its headers are no part of the new one.
 *
 * @param old the file that the plan speaks of
 * @param added name and content of each added section, in the plan's order
 */
export async function writePe(
  output: string,
  plan: PeAppendPlan,
  old: InputFile | Uint8Array,
  added: readonly { readonly name: string; readonly content: Piece }[],
  options: WriteOptions,
): Promise<Result<WrittenPe>> {
  const pieces = plan.pieces.map((piece) => asPiece(piece, old, added));
  const length = lengthOf(pieces);
  const hashed = options.digests && !(old instanceof Uint8Array) ? old : undefined;
  const [hashing, summing, writing] = passes([hashed?.size ?? 0, length, length], options);
  if (!hashing || !summing || !writing) throw new Error("three passes have options");
  const sha256 = hashed && (await digestInput(hashed, hashing));
  if (sha256?.ok === false) return sha256;
  const checksum = new PeChecksum();
  const summed = await eachChunk(pieces, summing, (chunk) => {
    checksum.add(chunk);
    return ok(undefined);
  });
  if (!summed.ok) return summed;
  const headers = plan.pieces[0].bytes;
  const field = new DataView(headers.buffer, headers.byteOffset, headers.byteLength);
  field.setUint32(plan.checkSumAt, checksum.value(), true);

  const written = await writePieces(output, pieces, writing);
  if (!written.ok) return written;
  const places = added.map(({ name }, index) => ({
    name,
    offset: plan.offsets[index] ?? 0,
    piece: plan.pieces.findIndex((piece) => piece.kind === "added" && piece.index === index),
  }));
  const input = hashed && sha256 && { file: hashed.path, sha256: sha256.value };
  return ok({ written: written.value, pieces, places, old: input });
}

function asPiece(
  piece: PePiece,
  old: InputFile | Uint8Array,
  added: readonly { readonly content: Piece }[],
): Piece {
  switch (piece.kind) {
    case "bytes":
      return piece.bytes;
    case "added":
      return added[piece.index]?.content ?? new Uint8Array(0);
    case "old": {
      const { offset, length } = piece;
      return old instanceof Uint8Array
        ? old.subarray(offset, offset + length)
        : { from: old, offset, length };
    }
  }
}
