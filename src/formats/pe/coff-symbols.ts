import { latin1 } from "#bytes/reader.ts";
import type { PeFile } from "./types.ts";

/** A COFF symbol's size in bytes; the string table stands behind the symbols. */
const SYMBOL_SIZE = 18;
const SYMBOLS_AT = 12;
const LONG_NAME = /^\/(\d{1,7})$/;
const MAX_NAME = 256;

export type CoffSymbols = {
  readonly offset: number;
  /** Of symbols and strings, in bytes. */
  readonly size: number;
  /** Where the string table stands in the file. */
  readonly strings: number;
};

/** The COFF symbols and, behind them, the string table; undefined where the headers name none that is inside the file. */
export function coffSymbols(pe: PeFile): CoffSymbols | undefined {
  const view = new DataView(pe.bytes.buffer, pe.bytes.byteOffset, pe.bytes.length);
  const offset = view.getUint32(pe.signatureOffset + SYMBOLS_AT, true);
  const strings = offset + view.getUint32(pe.signatureOffset + SYMBOLS_AT + 4, true) * SYMBOL_SIZE;
  if (offset === 0 || strings > pe.bytes.length - 4) return undefined;
  const end = Math.min(pe.bytes.length, strings + Math.max(4, view.getUint32(strings, true)));
  return { offset, size: end - offset, strings };
}

/**
 * Names of more than eight bytes, by the section's index. The table has `/N` for them: an offset into the string table. Only
 * tools read those; boot stubs and parsers compare the eight bytes.
 *
 * Source: Microsoft, "PE Format", "Section Table".
 */
export function longSectionNames(pe: PeFile): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  const symbols = coffSymbols(pe);
  if (symbols === undefined) return names;
  const strings = pe.bytes.subarray(symbols.strings, symbols.offset + symbols.size);
  for (const { name, index } of pe.sections) {
    const start = Number(LONG_NAME.exec(name)?.[1]);
    if (!(start < strings.length)) continue;
    const end = strings.indexOf(0, start);
    if (end > start && end - start <= MAX_NAME) names.set(index, latin1(strings.subarray(start, end)));
  }
  return names;
}
