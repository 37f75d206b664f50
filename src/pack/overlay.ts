import { ok, type Result } from "#core/result.ts";
import type { InputFile } from "#files/input-file.ts";
import { eachChunk, type WriteOptions } from "#files/pieces.ts";
import type { KeptRange } from "#formats/pe/append.ts";
import { peOverlay } from "#formats/pe/facts.ts";
import type { PeFile } from "#formats/pe/types.ts";

export type OverlayChoice = {
  readonly overlay: "keep" | "drop";
  /** The COFF string table, where a section's name stands in it. */
  readonly strings?: KeptRange;
  readonly notes: readonly string[];
};

const SYMBOL_SIZE = 18;
/** An offset into the string table, decimal, or base64 where it has more than seven digits. */
const LONG_NAME = /^\/(\d+|\/[A-Za-z0-9+/]+)$/;

/**
 * What becomes of the bytes behind a PE file's sections when more sections follow them. As a gap between sections they would be
 * hashed by some signing tools and left out by others, so what nobody needs is dropped: zeros, and the COFF symbols of systemd's older
 * stubs, which image files should not have (ukify does the same). The string table behind the symbols is kept where section names
 * stand in it: without it binutils reads the file no more. Anything else stays.
 */
export async function settleOverlay(
  pe: PeFile,
  file: InputFile,
  options: WriteOptions,
): Promise<Result<OverlayChoice>> {
  const { offset, data } = peOverlay(pe);
  if (data.length === 0) return ok({ overlay: "keep", notes: [] });
  const symbols = symbolTable(pe, offset, file);
  if (!symbols.ok) return symbols;
  const rest = symbols.value === undefined ? offset : Math.min(symbols.value.end, offset + data.length);
  const zero = await isZero(file, rest, offset + data.length - rest, options.signal);
  if (!zero.ok) return zero;
  if (!zero.value) {
    const note = `${data.length} bytes behind the sections, at ${offset}, stay there: signing tools disagree on such gaps`;
    return ok({ overlay: "keep", notes: [note] });
  }
  if (symbols.value === undefined) return ok({ overlay: "drop", notes: [] });
  const { strings, count } = symbols.value;
  const dropped = count > 0 ? ["the COFF symbols behind the sections are left out"] : [];
  if (!pe.sections.some(({ name }) => LONG_NAME.test(name))) return ok({ overlay: "drop", notes: dropped });
  const kept = "the COFF string table, in which section names stand, is kept, behind the sections";
  const length = rest - strings;
  return ok({ overlay: "drop", strings: { offset: strings, length }, notes: [...dropped, kept] });
}

type Symbols = { readonly count: number; readonly strings: number; readonly end: number };

/** How many symbols stand at `offset`, and where their strings begin and end; undefined where none do. */
function symbolTable(pe: PeFile, offset: number, file: InputFile): Result<Symbols | undefined> {
  const coff = new DataView(pe.bytes.buffer, pe.bytes.byteOffset + pe.signatureOffset, 24);
  const count = coff.getUint32(16, true);
  const strings = offset + count * SYMBOL_SIZE;
  if (coff.getUint32(12, true) !== offset || strings + 4 > file.size) return ok(undefined);
  const size = new Uint8Array(4);
  const read = file.read(size, strings);
  if (!read.ok) return read;
  const end = strings + Math.max(size.length, new DataView(size.buffer).getUint32(0, true));
  return ok({ count, strings, end });
}

async function isZero(
  file: InputFile,
  offset: number,
  length: number,
  signal: AbortSignal,
): Promise<Result<boolean>> {
  let zero = true;
  const read = await eachChunk([{ from: file, offset, length }], { signal }, (chunk) => {
    zero &&= chunk.every((byte) => byte === 0);
    return ok(undefined);
  });
  return read.ok ? ok(zero) : read;
}
