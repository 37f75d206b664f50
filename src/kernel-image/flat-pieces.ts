import { ok, type Result } from "#core/result.ts";
import type { Piece } from "#files/pieces.ts";
import type { FlatImage } from "#formats/elf/flatten.ts";
import type { KernelSource } from "./kernel-source.ts";

/**
 * A flat image in pieces, the gaps as zeros. One whose parts overlap, which no kernel's do, is put together in memory.
 *
 * Errors: those of reading.
 */
export function flatPieces({ size, runs }: FlatImage, source: KernelSource): Result<readonly Piece[]> {
  const sorted = [...runs].sort((left, right) => left.offset - right.offset);
  const pieces: Piece[] = [];
  let end = 0;
  for (const { offset, data } of sorted) {
    if (offset < end) return putTogether({ size, runs }, source);
    // Zeros that nothing is written to take no memory.
    if (offset > end) pieces.push(new Uint8Array(offset - end));
    pieces.push(source.pieceOf(data));
    end = offset + data.length;
  }
  return ok(pieces);
}

function putTogether({ size, runs }: FlatImage, source: KernelSource): Result<readonly Piece[]> {
  const bytes = new Uint8Array(size);
  for (const { offset, data } of runs) {
    const loaded = source.load(data);
    if (!loaded.ok) return loaded;
    bytes.set(data, offset);
  }
  return ok([bytes]);
}
