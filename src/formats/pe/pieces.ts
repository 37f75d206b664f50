/** A stretch of the new file, in order: new bytes, a range of the old file, or the content of an added section. */
export type PePiece =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "old"; readonly offset: number; readonly length: number }
  | { readonly kind: "added"; readonly index: number };

/** A piece, and where in the new file it begins. */
export type PlacedPiece = { readonly at: number; readonly length: number; readonly piece: PePiece };

/** New bytes for some of the old file's. */
export type PeEdit = { readonly offset: number; readonly bytes: Uint8Array };

/** A range of the old file with the edits in their places. */
export function editedRange(start: number, end: number, edits: readonly PeEdit[]): readonly PePiece[] {
  const pieces: PePiece[] = [];
  let at = start;
  for (const { offset, bytes } of edits.toSorted((a, b) => a.offset - b.offset)) {
    if (bytes.length === 0 || offset < at || offset + bytes.length > end) continue;
    if (offset > at) pieces.push({ kind: "old", offset: at, length: offset - at });
    pieces.push({ kind: "bytes", bytes });
    at = offset + bytes.length;
  }
  if (end > at) pieces.push({ kind: "old", offset: at, length: end - at });
  return pieces;
}

/** The new file from `start` to `end`: the pieces, which are in order, with zeros before, between and behind them. */
export function withZerosBetween(
  placed: readonly PlacedPiece[],
  start: number,
  end: number,
): readonly PePiece[] {
  const pieces: PePiece[] = [];
  let reached = start;
  const fillTo = (at: number): void => {
    if (at > reached) pieces.push({ kind: "bytes", bytes: new Uint8Array(at - reached) });
  };
  for (const { at, length, piece } of placed) {
    fillTo(at);
    pieces.push(piece);
    reached = at + length;
  }
  fillTo(end);
  return pieces;
}
