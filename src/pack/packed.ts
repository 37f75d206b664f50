import type { InputFile } from "#files/input-file.ts";
import type { Piece, Written } from "#files/pieces.ts";
import type { Packed, PackedInput, PackedPart } from "./types.ts";

/** Where a part stands in the output, and which of its pieces it is. */
export type PartPlace = { readonly name: string; readonly offset: number; readonly piece: number };

/** What was made, before it is known how it was written. */
export type PackedKind = Pick<Packed, "kind" | "output" | "notes"> & {
  /** Files that were not copied whole, with their sums where digests were asked for. */
  readonly inputs: readonly (PackedInput | undefined)[];
};

/** The report on a file that was written of pieces. */
export function packed(
  what: PackedKind,
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
  const inputs = digests && { inputs: distinct([...copiedWhole(pieces, digests.pieces), ...what.inputs]) };
  return { schema: 1, kind, output, size, ...sha256(digests?.whole), parts, ...inputs, notes };
}

/** Files whose sums are those of pieces. `/dev/null` is none. */
function copiedWhole(
  pieces: readonly Piece[],
  sums: readonly string[],
): readonly (PackedInput | undefined)[] {
  return pieces.map((piece, index) => {
    if (piece instanceof Uint8Array || !piece.from.isRegular || !isWhole(piece)) return undefined;
    return { file: piece.from.path, sha256: sums[index] ?? "" };
  });
}

function isWhole({ from, length }: { readonly from: InputFile; readonly length: number }): boolean {
  return length === from.size;
}

function distinct(inputs: readonly (PackedInput | undefined)[]): readonly PackedInput[] {
  const known = inputs.filter((input) => input !== undefined);
  return known.filter(({ file }, index) => known.findIndex((other) => other.file === file) === index);
}
