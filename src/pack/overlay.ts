import { ok, type Result } from "#core/result.ts";
import type { InputFile } from "#files/input-file.ts";
import { eachChunk } from "#files/pieces.ts";
import { peOverlay } from "#formats/pe/facts.ts";
import type { PeFile } from "#formats/pe/types.ts";

export type OverlayChoice = { readonly overlay: "keep" | "drop"; readonly notes: readonly string[] };

const SYMBOL_SIZE = 18;

/**
 * What becomes of the bytes behind a PE file's sections when more sections follow them. As a gap between sections they would be
 * hashed by some signing tools and left out by others, so what nobody needs is dropped: zeros, and the COFF symbols of systemd's older
 * stubs, which image files should not have (ukify does the same). Anything else stays.
 */
export async function settleOverlay(
  pe: PeFile,
  file: InputFile,
  signal: AbortSignal,
): Promise<Result<OverlayChoice>> {
  const { offset, data } = peOverlay(pe);
  if (data.length === 0) return ok({ overlay: "keep", notes: [] });
  const symbols = symbolTableEnd(pe, offset, file);
  if (!symbols.ok) return symbols;
  const rest = symbols.value === undefined ? offset : Math.min(symbols.value, offset + data.length);
  const zero = await isZero(file, rest, offset + data.length - rest, signal);
  if (!zero.ok) return zero;
  if (!zero.value) {
    const note = `${data.length} bytes behind the sections, at ${offset}, stay there: signing tools disagree on such gaps`;
    return ok({ overlay: "keep", notes: [note] });
  }
  const notes = symbols.value === undefined ? [] : ["the COFF symbols behind the sections are left out"];
  return ok({ overlay: "drop", notes });
}

/** Where the symbol table and its strings end that begin at `offset`; undefined where none do. */
function symbolTableEnd(pe: PeFile, offset: number, file: InputFile): Result<number | undefined> {
  const coff = new DataView(pe.bytes.buffer, pe.bytes.byteOffset + pe.signatureOffset, 24);
  const strings = offset + coff.getUint32(16, true) * SYMBOL_SIZE;
  if (coff.getUint32(12, true) !== offset || strings + 4 > file.size) return ok(undefined);
  const size = new Uint8Array(4);
  const read = file.read(size, strings);
  if (!read.ok) return read;
  return ok(strings + Math.max(size.length, new DataView(size.buffer).getUint32(0, true)));
}

async function isZero(
  file: InputFile,
  offset: number,
  length: number,
  signal: AbortSignal,
): Promise<Result<boolean>> {
  let zero = true;
  const read = await eachChunk([{ from: file, offset, length }], signal, (chunk) => {
    zero &&= chunk.every((byte) => byte === 0);
    return ok(undefined);
  });
  return read.ok ? ok(zero) : read;
}
