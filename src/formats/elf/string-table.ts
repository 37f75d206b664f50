import { type ByteReader, latin1 } from "#bytes/reader.ts";
import { MAX_NAME_LENGTH } from "./constants.ts";

/**
 * Ends the decoding if the table's last byte is no NUL (gABI, "String Table"): a name could then run
 * into whatever follows.
 */
export function checkStringTable(table: ByteReader): void {
  if (table.length > 0 && table.u8(table.length - 1) !== 0) {
    table.fail(table.length - 1, "string table does not end with a NUL");
  }
}

/** The name at `offset` of a checked string table, as Latin-1; offset 0 of an empty table is the empty name. */
export function readName(table: ByteReader, offset: number): string {
  if (offset === 0 && table.length === 0) return "";
  if (offset >= table.length) table.fail(offset, `name offset ${offset} in a table of ${table.length} bytes`);
  const window = table.bytes.subarray(offset, offset + MAX_NAME_LENGTH + 1);
  const end = window.indexOf(0);
  if (end < 0) table.fail(offset, `name longer than ${MAX_NAME_LENGTH} bytes`);
  return latin1(window.subarray(0, end));
}

/** Whether the whole name at `offset` is `name`. Builds no string, so it can run over every symbol of a kernel. */
export function nameIs(table: ByteReader, offset: number, name: Uint8Array): boolean {
  if (offset > table.length || table.length - offset <= name.length) return false;
  for (let i = 0; i < name.length; i++) if (table.bytes[offset + i] !== name[i]) return false;
  return table.bytes[offset + name.length] === 0;
}
