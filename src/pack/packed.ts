import type { Piece, Written } from "#files/pieces.ts";
import type { Packed, PackedPart } from "./types.ts";

/** Where a part stands in the output, and which of its pieces it is. */
export type PartPlace = { readonly name: string; readonly offset: number; readonly piece: number };

/** The report on a file that was written of pieces. */
export function packed(
  what: Pick<Packed, "kind" | "output" | "notes">,
  pieces: readonly Piece[],
  written: Written,
  places: readonly PartPlace[],
): Packed {
  const { size, digests } = written;
  const sha256 = (sum: string | undefined) => (sum === undefined ? {} : { sha256: sum });
  const parts = places.map(
    ({ name, offset, piece }): PackedPart => ({
      name,
      offset,
      size: pieces[piece]?.length ?? 0,
      ...sha256(digests?.pieces[piece]),
    }),
  );
  const { kind, output, notes } = what;
  return { schema: 1, kind, output, size, ...sha256(digests?.whole), parts, notes };
}
